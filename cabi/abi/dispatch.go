package abi

// The host and the shim of a loaded library meet in three places: the config
// symbol that the loader patches into its private copy of the file, the entry
// of the host's dispatch table whose address the config carries, and the
// record in thread-local storage that says whether a thread is inside the
// library. Offsets are in bytes; every field is little endian and naturally
// aligned. cabi/layout.go fails the build when the C side differs.

// A TLS slot is a piece of static thread-local storage that the host owns and
// lends to one load. The Go runtime's g comes first, the shim's record after
// it, so both are reached from one offset.
const (
	SlotSize      = 72 // bytes of one TLS slot
	SlotG         = 0  // the library runtime's g pointer (runtime.tlsg)
	SlotRecord    = 8  // the Record
	RecordOwner   = 0  // uint64: id of the load that this thread's g belongs to
	RecordDepth   = 8  // uint32: > 0 while this thread is inside the library; the highest bit: it has called the host
	RecordBusy    = 12 // uint32: > 0 while the shim works: the thread must not be ended
	RecordJump    = 16 // uint64: innermost jump buffer of a call into the library
	RecordThread  = 24 // uint64: the shim's entry of this thread, 0 on a host's thread
	RecordMask    = 32 // uint64: a host's thread's signal mask outside the library
	RecordMissed  = 40 // uint64: not 0 if a SIGURG came while it was outside
	RecordSize    = 64
	MaxSlots      = 320 // versions that can be unloaded in one process: 256, and some more during swaps
	HandledCount  = 7   // signals that the dispatcher routes
	EntrySize     = 256
	EntryOwner    = 0   // uint64: load id, 0 while the entry is free
	EntryRecord   = 8   // int64: offset of the Record from the thread pointer
	EntryTextLow  = 16  // uint64: first byte of the library's executable segment
	EntryTextHigh = 24  // uint64: first byte after it
	EntryState    = 32  // uint32: EntryFree, EntryLive or EntryDying
	EntryExiting  = 36  // uint32: threads that are inside the key destructor
	EntryKeyDtor  = 40  // uint64: the library's own pthread key destructor
	EntryKeyStub  = 48  // uint64: the host's permanent stub, registered in its place
	EntryHandlers = 56  // uint64[HandledCount]: the library's signal handlers, 0 = none
	EntryCrashFD  = 112 // int32: eventfd that the crash stub writes to, -1 = none
	EntryCrashed  = 116 // uint32: how the library's runtime ended, CrashXxx | code << 8; 0 while it lives
	EntryCrashMsg = 120 // int32: descriptor that receives the runtime's last words, -1 = none
	EntryFatal    = 124 // uint32: not 0 once the runtime has begun to say "fatal error: "
	EntryMore     = 128 // uint64: address of further ranges of text, each uint64 low and high, up to one of low 0; 0 = none
)

// States of a dispatch table entry.
const (
	EntryFree  = 0
	EntryLive  = 1
	EntryDying = 2
)

// Indexes into an entry's handlers.
const (
	HandlerSEGV = iota
	HandlerBUS
	HandlerFPE
	HandlerPIPE
	HandlerURG
	HandlerPROF
	HandlerKILL // KillSignal
)

// How a library ended, the low 8 bits of an entry's crashed word. The next 8 are the code.
const (
	CrashExit   = 1 // it wanted to exit the process; the code is the exit status
	CrashSignal = 2 // it wanted to end the process by a signal; the code is its number
	CrashKilled = 3 // the host ended it

	CrashByC = 1 << 16 // a bit beside them: its C code wanted to, and not its runtime
)

// KillSignal ends a library's threads at unload and frees the callers of a dead
// one, each where it is safe. SIGSTKFLT: Linux never sends it and nobody uses it;
// as a standard signal it does not queue, so a thread that blocks it for long
// costs one pending signal, where real-time signals would fill the user's queue
// (RLIMIT_SIGPENDING); and Go runtimes keep it unblocked (runtime, _SigUnblock).
const KillSignal = 16
