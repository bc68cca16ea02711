package sigdispatch

import (
	"fmt"
	"sync/atomic"
	"unsafe"

	"github.com/hotso/hotso/cabi/abi"
)

// An Entry is one library's part of the dispatch table: abi.EntrySize bytes at
// an address that never changes. The host writes most of it; the library's
// shim writes the handlers, KeyDtor and Crashed; the dispatcher reads it at any
// moment on any thread. Every field is one word and is accessed atomically.
type Entry struct {
	owner    atomic.Uint64
	record   atomic.Int64
	textLow  atomic.Uintptr
	textHigh atomic.Uintptr
	state    atomic.Uint32
	exiting  atomic.Uint32
	keyDtor  atomic.Uintptr
	keyStub  atomic.Uintptr
	handlers [abi.HandledCount]atomic.Uintptr
	crashFD  atomic.Int32
	crashed  atomic.Uint32
	crashMsg atomic.Int32
	fatal    atomic.Uint32
	more     atomic.Uintptr
	_        [abi.EntrySize - abi.EntryMore - 8]byte
}

// A negative index or length stops the build where Entry is not laid out as
// package abi says.
var (
	_ = [1]byte{unsafe.Sizeof(Entry{}) - abi.EntrySize: 0}
	_ = [1]byte{unsafe.Offsetof(Entry{}.owner) - abi.EntryOwner: 0}
	_ = [1]byte{unsafe.Offsetof(Entry{}.record) - abi.EntryRecord: 0}
	_ = [1]byte{unsafe.Offsetof(Entry{}.textLow) - abi.EntryTextLow: 0}
	_ = [1]byte{unsafe.Offsetof(Entry{}.textHigh) - abi.EntryTextHigh: 0}
	_ = [1]byte{unsafe.Offsetof(Entry{}.state) - abi.EntryState: 0}
	_ = [1]byte{unsafe.Offsetof(Entry{}.exiting) - abi.EntryExiting: 0}
	_ = [1]byte{unsafe.Offsetof(Entry{}.keyDtor) - abi.EntryKeyDtor: 0}
	_ = [1]byte{unsafe.Offsetof(Entry{}.keyStub) - abi.EntryKeyStub: 0}
	_ = [1]byte{unsafe.Offsetof(Entry{}.handlers) - abi.EntryHandlers: 0}
	_ = [1]byte{unsafe.Offsetof(Entry{}.crashFD) - abi.EntryCrashFD: 0}
	_ = [1]byte{unsafe.Offsetof(Entry{}.crashed) - abi.EntryCrashed: 0}
	_ = [1]byte{unsafe.Offsetof(Entry{}.crashMsg) - abi.EntryCrashMsg: 0}
	_ = [1]byte{unsafe.Offsetof(Entry{}.fatal) - abi.EntryFatal: 0}
	_ = [1]byte{unsafe.Offsetof(Entry{}.more) - abi.EntryMore: 0}
)

// table has one entry per TLS slot. It is static: the libraries and the
// dispatcher hold addresses in it for as long as the process lives.
var table [abi.MaxSlots]Entry

// taken has a bit for each entry that is taken, for the dispatcher: so it looks at no
// others. The bit is set before the entry's library can run and cleared after it has
// gone, so a thread that is inside finds it set.
var taken [abi.MaxSlots / 64]atomic.Uint64

func takenBit(i int) (word *atomic.Uint64, bit uint64) { return &taken[i/64], 1 << (i % 64) }

// Take fills entry i, which belongs to TLS slot i, for the load with id owner
// (not zero, never used before). record is the offset in bytes of the slot's
// Record from the thread pointer. The entry is live at once; it is the
// caller's until Release. Taking an entry that is taken panics.
func Take(i int, owner uint64, record int64) *Entry {
	e := &table[i]
	if owner == 0 || e.owner.Load() != 0 {
		panic(fmt.Sprintf("sigdispatch: take entry %d for load %d: it has load %d", i, owner, e.owner.Load()))
	}
	e.record.Store(record)
	e.keyStub.Store(keyStubPC())
	e.crashFD.Store(-1)
	e.crashMsg.Store(-1)
	e.state.Store(abi.EntryLive)
	word, bit := takenBit(i)
	word.Or(bit)
	// The owner is what makes an entry count, so it comes last.
	e.owner.Store(owner)
	return e
}

// Release frees the entry. The library must be quiet: no thread inside it, none
// in its key destructor.
func (e *Entry) Release() {
	e.owner.Store(0)
	e.state.Store(abi.EntryFree)
	e.textLow.Store(0)
	e.textHigh.Store(0)
	e.more.Store(0)
	e.keyDtor.Store(0)
	for i := range e.handlers {
		e.handlers[i].Store(0)
	}
	e.crashFD.Store(-1)
	e.crashed.Store(0)
	e.fatal.Store(0)
	e.crashMsg.Store(-1)
	word, bit := takenBit(e.index())
	word.And(^bit)
	// exiting is not reset: a stub of a thread that exits late may be between
	// its increment and its decrement. It finds another owner and does nothing.
}

func (e *Entry) index() int {
	return int((uintptr(unsafe.Pointer(e)) - uintptr(unsafe.Pointer(&table))) / abi.EntrySize)
}

// Addr is the entry's address, for the config of the library's shim.
func (e *Entry) Addr() uintptr { return uintptr(unsafe.Pointer(e)) }

// Owner is the id of the load that has the entry, 0 while it is free.
func (e *Entry) Owner() uint64 { return e.owner.Load() }

// SetText says which addresses are the library's code: low is its first byte,
// high the first one after it. Until then no fault is the library's.
func (e *Entry) SetText(low, high uintptr) {
	// In this order nobody ever sees a range that begins too low.
	e.textLow.Store(low)
	e.textHigh.Store(high)
}

// Text returns what SetText set; two zeros before.
func (e *Entry) Text() (low, high uintptr) { return e.textLow.Load(), e.textHigh.Load() }

// SetDying turns the key stub off. Threads that are in the library's key
// destructor already are counted by Exiting; wait until it is 0 before the
// library is unmapped.
//
// This is Dekker's handshake, with sequentially consistent operations:
//
//	host                     stub
//	state = dying            exiting++
//	wait until exiting == 0  if state == live: call the destructor
//	unmap                    exiting--
//
// Either the stub sees dying, or the host sees that the stub is in. A swap is a
// full barrier on every machine; a store-release with a load-acquire after it
// is one on arm64, but not on an arm64 that QEMU emulates on amd64.
func (e *Entry) SetDying() { e.state.Swap(abi.EntryDying) }

// Exiting counts the threads that are in the entry's key stub now.
func (e *Entry) Exiting() uint32 { return e.exiting.Load() }

// Handler is the handler that the library's runtime asked for, 0 if none. i is
// one of the abi.HandlerXxx indexes.
func (e *Entry) Handler(i int) uintptr { return e.handlers[i].Load() }

// KeyDtor is the library's own pthread key destructor, 0 if it has none yet.
func (e *Entry) KeyDtor() uintptr { return e.keyDtor.Load() }

// KeyStub is the permanent C function that the shim registers in its place.
func (e *Entry) KeyStub() uintptr { return e.keyStub.Load() }

// SetCrash gives the descriptors that the shim writes to when the library's
// runtime wants to end the process: an eventfd, and one for its last words. -1
// is none. They stay the caller's.
func (e *Entry) SetCrash(eventFD, messageFD int32) {
	e.crashMsg.Store(messageFD)
	e.crashFD.Store(eventFD)
}

// Crash returns what SetCrash set; twice -1 before.
func (e *Entry) Crash() (eventFD, messageFD int32) { return e.crashFD.Load(), e.crashMsg.Load() }

// CrashWord is how the library's runtime ended, 0 while it lives: see
// abi.CrashExit. The shim writes it, or the host that ends a library.
func (e *Entry) CrashWord() *atomic.Uint32 { return &e.crashed }

// TakeFatal reports, once, whether the library's runtime has begun to print that it
// gives up. After that it ends the process, if it can.
func (e *Entry) TakeFatal() bool { return e.fatal.Swap(0) != 0 }

// Crashed reports whether the library's runtime wanted to end the process.
func (e *Entry) Crashed() bool { return e.crashed.Load() != 0 }
