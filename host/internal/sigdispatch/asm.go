//go:build linux && (amd64 || arm64)

package sigdispatch

import (
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/cabi/abi"
)

// Names for the assembly, which reads constants of this package only (see
// "go_asm.h" in go doc cmd/compile); the offsets in Entry come the same way.
const (
	recordOwner  = abi.RecordOwner
	recordDepth  = abi.RecordDepth
	recordJump   = abi.RecordJump
	recordThread = abi.RecordThread
	recordMissed = abi.RecordMissed
	handledCount = abi.HandledCount
	firstShared  = abi.HandlerURG // handlers from here on share the signal
	handlerKill  = abi.HandlerKILL
	handlerFPE   = abi.HandlerFPE // up to here, faults of instructions
	entryLive    = abi.EntryLive
	maxSlots     = abi.MaxSlots
	entryShift   = 8 // the logarithm of abi.EntrySize
	tableSize    = abi.MaxSlots * abi.EntrySize
	sigIgn       = 1   // SIG_IGN; SIG_DFL is 0
	einval       = -22 // -EINVAL: rt_sigprocmask(2) of what is no action
	siTkill      = -6  // SI_TKILL: sent by tgkill(2), which only a thread of this process does

	//lint:ignore U1000 the assembly waits
	futexWaitPrivate = 0 | 128 // FUTEX_WAIT | FUTEX_PRIVATE_FLAG
)

// handled are the signals that the dispatcher routes, by handler index.
var handled = [handledCount]unix.Signal{
	abi.HandlerSEGV: unix.SIGSEGV,
	abi.HandlerBUS:  unix.SIGBUS,
	abi.HandlerFPE:  unix.SIGFPE,
	abi.HandlerPIPE: unix.SIGPIPE,
	abi.HandlerURG:  unix.SIGURG,
	abi.HandlerPROF: unix.SIGPROF,
	abi.HandlerKILL: abi.KillSignal,
}

// handlerIndex is the inverse of handled. The dispatcher reads it.
var handlerIndex = [65]uint8{
	unix.SIGSEGV: abi.HandlerSEGV,
	unix.SIGBUS:  abi.HandlerBUS,
	unix.SIGFPE:  abi.HandlerFPE,
	unix.SIGPIPE: abi.HandlerPIPE,
	unix.SIGURG:  abi.HandlerURG,
	unix.SIGPROF: abi.HandlerPROF,

	abi.KillSignal: abi.HandlerKILL,
}

// generations is how many dispatcher entry points there are; see Install. It is
// also the number of rows that the assembly has stubs for.
const generations = 8

var (
	_ = [1]byte{1<<entryShift - abi.EntrySize: 0}
	_ = [1]byte{abi.MaxSlots % 64: 0} // no word of taken is used in part
)

// originals holds, per generation and handler index, the handler that the
// dispatcher replaced. A field is written once, before the kernel gets to know
// the generation's entry point, and is never changed.
var originals [generations][handledCount]atomic.Uintptr

// dispatchPC is the address of the dispatcher's entry point for a generation,
// a C function void(int sig, siginfo_t *info, void *ucontext).
func dispatchPC(generation int) uintptr

// ThreadPointer is that of the calling thread.
func ThreadPointer() uintptr

// sigreturnPC is the address of a signal restorer (SA_RESTORER), which amd64
// kernels demand and arm64 kernels accept.
func sigreturnPC() uintptr

// keyStubPC is the address of the key stub, a C function void(void *value), fit for
// pthread_key_create. A value is the address of the entry whose library has set it
// (cabi/key.c).
func keyStubPC() uintptr
