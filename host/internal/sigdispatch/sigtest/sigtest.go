//go:build linux && (amd64 || arm64)

package sigtest

import "sync/atomic"

// Names for the assembly.
const (
	sigSEGV      = 11
	maxSignal    = 64
	destructorAt = 8 // abi.RecordDepth
)

var (
	libraryCalls, hostCalls [maxSignal + 1]atomic.Uint64

	misaligned atomic.Uint64
	chain      atomic.Uintptr

	destructorCalls  atomic.Uint64
	destructorValue  atomic.Uintptr
	destructorRecord atomic.Uintptr
	destructorDepth  atomic.Uint32
)

// LibraryCalls counts the calls of LibraryHandler for a signal.
func LibraryCalls(sig int) uint64 { return libraryCalls[sig].Load() }

// HostCalls counts the calls of HostHandler for a signal.
func HostCalls(sig int) uint64 { return hostCalls[sig].Load() }

// Misaligned counts the calls of all C functions here whose stack pointer was
// not what the psABI promises.
func Misaligned() uint64 { return misaligned.Load() }

// SetChain makes HostHandler go on in another handler, as C code that keeps
// the old action does. 0 ends it.
func SetChain(handler uintptr) { chain.Store(handler) }

// DestructorCalls counts the calls of Destructor.
func DestructorCalls() uint64 { return destructorCalls.Load() }

// DestructorSaw returns the value that Destructor was last called with, and the
// depth that was in the record at that time; see WatchRecord.
func DestructorSaw() (value uintptr, depth uint32) {
	return destructorValue.Load(), destructorDepth.Load()
}

// WatchRecord sets the address of the abi Record whose depth Destructor reads.
// It must be set before Destructor is called.
func WatchRecord(addr uintptr) { destructorRecord.Store(addr) }

// LibraryHandler is the address of a handler, void(int, siginfo_t *, void *).
// It counts, steps over the instruction that faults in Fault, and leaves
// nonsense in every register that a C function may change.
func LibraryHandler() uintptr

// HostHandler is the address of a handler that counts; see SetChain.
func HostHandler() uintptr

// Destructor is the address of a pthread key destructor, void(void *), that
// counts and keeps what it sees. It leaves nonsense in registers, too.
func Destructor() uintptr

// ThreadPointer is the calling thread's; lock the goroutine to its thread.
func ThreadPointer() uintptr

// Fault reads from address 0. It returns if a handler steps over that.
func Fault()

// Text returns an address range that contains Fault's text.
func Text() (low, high uintptr)

// Call calls the C function fn on the goroutine's stack, which has some 4 KiB
// left. It reports whether the callee-saved registers came back as they were.
func Call(fn, a, b, c uintptr) (preserved bool)
