package abi

// Version is the version of the contract in include/cabi.h. A host loads only
// libraries of its own version.
const Version = 1

// Control symbols: what every library exports besides its own functions.
const (
	SymDescriptor  = "hotso_descriptor"  // data: Descriptor, stamped by hotso build
	SymConfig      = "hotso_load_config" // data: Config, patched by the loader
	SymPending     = "hotso_pending"     // data: uint32, threads with a pending status
	SymDescribe    = "hotso_describe"
	SymStart       = "hotso_start"
	SymHealth      = "hotso_health"
	SymSave        = "hotso_save"
	SymRestore     = "hotso_restore"
	SymStop        = "hotso_stop"
	SymUnload      = "hotso_unload"
	SymRelease     = "hotso_release"
	SymThreads     = "hotso_threads"
	SymDescriptors = "hotso_descriptors"
	SymTake        = "hotso_take"
	SymTakeStatus  = "hotso_take_status"
	SymFree        = "hotso_free"
	SymCancel      = "hotso_cancel"
	SymDrill       = "hotso_drill" // SignatureDrill

	SymSigprocmask = "hotso_sigprocmask" // replaces runtime.rtsigprocmask, see cabi/mask_amd64.S

	SymSyscall = "hotso_syscall" // for Syscall6, see cabi/syscall_amd64.S

	SymSyscallSure = "hotso_syscall_sure" // likewise, for system calls that can't fail

	// For functions of the runtime of these names, which its profiler calls.
	SymTimerCreate = "hotso_timer_create"
	SymTimerDelete = "hotso_timer_delete"
	SymSetitimer   = "hotso_setitimer"

	SymWaitStarted = "hotso_wait_started" // C only: waits for the runtime, see cabi/start.c

	// The receive from main_init_done, see cabi/ready.c.
	SymReady     = "hotso_ready"      // data: uint32, set by the host after its first call
	SymWaitReady = "hotso_wait_ready" // replaces that one call of runtime.chanrecv1
	SymReceive   = "hotso_receive"    // room for a jump to the real one

	SymInits = "hotso_inits" // data: pointers to what runs the init functions, and the exit functions

	SymBegin = "hotso_begin" // stands for the runtime's start function, see cabi/load.c

	// Optional: a library without them has no use for them.
	SymSetHost     = "hotso_set_host"
	SymWraps       = "hotso_wraps"        // data: names of what the shim wraps, see cabi/wraps.c
	SymObjects     = "hotso_load_objects" // data: Objects, patched by the loader
	SymWrap        = "hotso_wrap_"        // begins the names of the wrappers
	SymStreamRead  = "hotso_stream_read"
	SymStreamClose = "hotso_stream_close"
	SymDebug       = "hotso_debug"

	// Where the loader redirects the runtime's ways to end the process.
	SymCrashExit   = "hotso_crash_exit"
	SymCrashSignal = "hotso_crash_signal"
	SymCrashRaise  = "hotso_crash_raise"
	SymCrashWrite  = "hotso_crash_write"  // replaces runtime.write1
	SymCrashUnwind = "hotso_crash_unwind" // replaces runtime.unwindm
	SymCrashThrow  = "hotso_crash_throw"  // gets a jump to runtime.throw
)

// ControlSymbols lists every symbol a hotso library must export.
var ControlSymbols = []string{
	SymDescriptor, SymConfig, SymPending, SymDescribe, SymStart, SymHealth, SymSave,
	SymRestore, SymStop, SymUnload, SymRelease, SymThreads, SymDescriptors, SymTake, SymTakeStatus, SymFree, SymCancel,
	SymDrill,
}

// FuncExclusive is the Go function whose presence says that only one version of the library
// may be live.
const FuncExclusive = "github.com/hotso/hotso/cabi.Exclusive"

// SignatureDrill is how hotso_drill is called.
const SignatureDrill = "func(kind string) error"

// What hotso_drill accepts besides the ways to end a runtime.
const (
	DrillNone = "none" // return at once
	DrillWait = "wait" // stay inside, asleep
)

// DrillKinds are the ways in which hotso_drill ends a runtime, or makes a call
// hang.
var DrillKinds = []string{
	"panic", "goroutine", "nil", "wild", "throw", "unlock", "overflow", "memory",
	"exit", "log", "goexit", "hang", "deadlock",
}

// OwnThread is a bit of the handle of a host's function: the library calls it on a thread
// that it started itself.
const OwnThread = 1 << 15

// Status kinds, the low 8 bits of a status. The upper 23 bits, if not zero,
// are the id under which hotso_take hands out bytes: the error's message, or
// the result that did not fit the caller's buffer.
const (
	OK       = 0 // the call succeeded
	TooSmall = 1 // the result did not fit; take it, the function need not run again
	Error    = 2 // the function returned an error; take its message
	Panic    = 3 // the function panicked; take the panic's value and stack
	Invalid  = 4 // an argument was not acceptable; take the message
	Gone     = 5 // hotso_take: nothing is kept under this status any more
	Timeout  = 6 // a hook did not end within its time
	NoState  = 7 // hotso_save, hotso_restore: the library keeps no state; no message
	End      = 8 // hotso_stream_read: the stream has ended well
	Forked   = 9 // this process was forked after the library was loaded
)

// Kind returns the kind of a status.
func Kind(status int32) int32 { return status & 0xff }

// StatusID returns the id of the bytes that are kept for a status, 0 if none.
func StatusID(status int32) uint32 { return uint32(status) >> 8 }

// MaxStatusID is the largest id; ids wrap around to 1.
const MaxStatusID = 1<<23 - 1
