//go:build linux && (amd64 || arm64)

package sigdispatch

import (
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/cabi/abi"
)

// An Answer says whose a thread is.
type Answer uint32

const (
	// Silent: no answer came in time. The thread blocks the signal, or the kernel does
	// not get it out of what it does.
	Silent Answer = iota
	// Ended: there is no such thread any more.
	Ended
	// Host: the host's runtime has started it.
	Host
	// Library: a library that is loaded has started it, and knows it.
	Library
	// Stranger: somebody else has, and it stands still while it is looked at.
	Stranger
	// Gone is a stranger who did not stand still until it was looked at.
	Gone
)

// Registers are a stranger's, in the kernel's order; see [Registers.SP].
type Registers [registers]uint64

// A place is where one thread answers. The dispatcher reads and writes it.
type place struct {
	thread  atomic.Uint32 // its id
	state   atomic.Uint32 // places*
	pointer uint64        // its thread pointer
	regs    Registers
}

// States of a place: free, then asked. From there the thread's handler, or whoever calls
// the roll, goes on, each by a compare-and-swap.
const (
	placeFree      = iota
	placeAsked     // the signal is on its way
	placeAnswering // the handler has seen it
	placeHost
	placeLibrary
	placeStranger // the handler waits
	placeSeen     // and may return
	placeLeft     // or has waited too long
)

const (
	placeCount = 64
	placesSize = placeCount * unsafe.Sizeof(place{})
)

var places [placeCount]place

// Where a thread says what it began in: glibc has that in the thread's control block, at
// startOffset from the thread pointer; a thread of the host's began in its text.
var (
	//lint:ignore U1000 the assembly reads it
	startOffset int64
	//lint:ignore U1000 the assembly reads them
	hostLow, hostEnd uint64
)

// KnowHost says how the host's threads are known. Call it before the first [RollCall].
func KnowHost(start int64, low, end uint64) { startOffset, hostLow, hostEnd = start, low, end }

// RollCall asks threads of the process whose they are, those of a library that is being
// unloaded among them, and has see called with each answer. A Stranger stands still
// while see looks at it, for some milliseconds at most: see neither waits for anybody nor
// allocates much. The last to be told are those that did not answer for wait.
//
// The threads are asked by abi.KillSignal, which must be installed, and that interrupts
// a system call that is not started again (signal(7)). The Go runtime's make nothing of
// it; a stranger is C code, which may. One roll is called at a time.
func RollCall(ids []int, wait time.Duration, see func(id int, answer Answer, pointer uint64, regs *Registers)) {
	for len(ids) > 0 {
		n := min(len(ids), placeCount)
		call(ids[:n], wait, see)
		ids = ids[n:]
	}
}

func call(ids []int, wait time.Duration, see func(int, Answer, uint64, *Registers)) {
	process := unix.Getpid()
	for i, id := range ids {
		p := &places[i]
		p.thread.Store(uint32(id))
		p.state.Store(placeAsked)
		if unix.Tgkill(process, id, abi.KillSignal) != nil {
			p.state.Store(placeFree)
			see(id, Ended, 0, nil)
		}
	}
	deadline := time.Now().Add(wait)
	for pause := 5 * time.Microsecond; ; pause = min(2*pause, time.Millisecond) {
		late := time.Now().After(deadline)
		open := false
		for i, id := range ids {
			open = !places[i].settle(id, late, see) || open
		}
		if !open {
			return
		}
		t := unix.NsecToTimespec(int64(pause))
		_ = unix.Nanosleep(&t, nil) // shorter than the runtime's own timers
	}
}

// settle reports whether nothing more comes of p, and has see called if something has.
func (p *place) settle(id int, late bool, see func(int, Answer, uint64, *Registers)) bool {
	switch p.state.Load() {
	case placeFree:
		return true
	case placeAsked:
		if !late || !p.state.CompareAndSwap(placeAsked, placeFree) {
			return false
		}
		see(id, Silent, 0, nil)
		return true
	case placeAnswering: // on its way to one of those below
		return false
	case placeHost:
		see(id, Host, p.pointer, nil)
	case placeLibrary:
		see(id, Library, p.pointer, nil)
	case placeLeft:
		see(id, Gone, p.pointer, nil)
	case placeStranger:
		see(id, Stranger, p.pointer, &p.regs)
		if p.state.CompareAndSwap(placeStranger, placeSeen) {
			wake(&p.state)
		} else {
			see(id, Gone, p.pointer, nil) // what was seen may not have been so
		}
	}
	p.state.Store(placeFree)
	return true
}

func wake(word *atomic.Uint32) {
	const futexWakePrivate = 1 | 128 // <linux/futex.h>
	_, _, _ = unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), futexWakePrivate, 1, 0, 0, 0)
}
