//go:build linux && (amd64 || arm64)

package sigdispatch

import (
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/rank"
)

// ErrContested is returned by Install when more different handlers than it can
// keep apart have replaced the dispatcher's. Let the other code install its
// handlers once, before the first library is loaded.
var ErrContested = errors.New("the signal's handler was replaced too often")

// installing serializes Install and guards the write side of originals.
var (
	installing rank.Mutex[rank.Registry]
	replaced   [handledCount]int // generations in use, by handler index
)

// Install puts the dispatcher in place for all seven signals and keeps what was
// there as the host's handler. Call it before each load: the first call
// installs, a later one repairs what was replaced since, and it costs seven
// system calls when there is nothing to do.
//
// # What replaces a handler
//
// The runtime of a Go program installs its handlers for all of them at start.
// pprof and signal.Notify, Stop and Reset then find them "installed" and never
// touch the kernel's action. signal.Ignore does, for SIGPIPE, SIGURG and SIGPROF,
// and after it signal.Notify (SIGPROF: pprof) installs the runtime's handler
// anew, with ours remembered as the one before. C code may do anything.
//
// Between such a change and the next Install, host and process behave as if
// hotso did not exist, while libraries miss their signals: one that misses a
// SIGURG can't be preempted on that thread again until it yields by itself, and
// a nil pointer in one whose SIGSEGV was taken ends the process. So change
// handlers before loading, or load something after it.
//
// # Generations
//
// Whoever replaces a handler may remember ours and call it: C code that chains
// does, and so does a Go runtime with SIGPIPE. Were the host's handler one
// variable, dispatcher and newcomer would then call each other forever. So each
// handler that is replaced gets an entry point of the dispatcher of its own, a
// generation, whose original never changes: newest dispatcher, newcomer, older
// dispatcher, first handler. A handler that comes back gets its old generation.
//
// # Ignored signals
//
// An ignored SIGPIPE stays ignored: the host chose so for the process and for
// the programs that it executes, and a library needs no handler to get EPIPE.
// The other signals are taken over, as libraries do need theirs. If their host
// has no handler, SIGURG and SIGPROF end in the dispatcher, and faults end the
// process as they would have.
func Install() error {
	installing.Lock()
	defer installing.Unlock()
	for i, sig := range handled {
		if err := install(i, sig); err != nil {
			return fmt.Errorf("sigdispatch: install the handler of %s: %w", unix.SignalName(sig), err)
		}
	}
	return nil
}

// maxTaken bounds what is remembered for nobody who asks.
const maxTaken = 64

// lost are those since the last TakeBack. installing guards it.
var lost []Taken

// TakeBack does what Install does, and returns the signals that the dispatcher had, others have taken since the last
// TakeBack, and it has again.
func TakeBack() ([]Taken, error) {
	err := Install()
	installing.Lock()
	defer installing.Unlock()
	list := lost
	lost = nil
	return list, err
}

func install(i int, sig unix.Signal) error {
	again := replaced[i] > 0
	for {
		var current action
		if err := sigaction(sig, nil, &current); err != nil {
			return err
		}
		if isDispatcher(current.handler) || i == abi.HandlerPIPE && current.handler == sigIgn {
			return nil
		}
		g, err := generationOf(i, current.handler)
		if err != nil {
			return err
		}
		ours := current
		ours.handler = dispatchPC(g)
		ours.flags |= saSiginfo | saOnStack
		if current.handler <= sigIgn {
			ours.flags |= saRestorer | saRestart
			ours.restorer = sigreturnPC()
			ours.mask = ^uint64(0)
		}
		// The kill signal must reach a thread that is in a handler, too: a
		// runtime may end there. The others stay as the host had them.
		ours.mask &^= 1 << (abi.KillSignal - 1)
		var previous action
		if err := sigaction(sig, &ours, &previous); err != nil {
			return err
		}
		if previous == current {
			if again && len(lost) < maxTaken {
				lost = append(lost, Taken{unix.SignalName(sig), current.handler})
			}
			return nil
		}
		// Somebody else has installed a handler in between. Put it back, and
		// start over with it as the original.
		if err := sigaction(sig, &previous, nil); err != nil {
			return err
		}
	}
}

// generationOf finds the generation whose original is handler, or starts one.
func generationOf(i int, handler uintptr) (int, error) {
	for g := range replaced[i] {
		if originals[g][i].Load() == handler {
			return g, nil
		}
	}
	g := replaced[i]
	if g == generations {
		return 0, ErrContested
	}
	originals[g][i].Store(handler)
	replaced[i]++
	return g, nil
}

func isDispatcher(handler uintptr) bool {
	for g := range generations {
		if handler == dispatchPC(g) {
			return true
		}
	}
	return false
}

// action is the kernel's struct sigaction on amd64 and arm64.
type action struct {
	handler  uintptr
	flags    uint64
	restorer uintptr
	mask     uint64
}

// Flags of an action (asm/signal.h).
const (
	saSiginfo  = 0x4
	saRestorer = 0x04000000
	saOnStack  = 0x08000000
	saRestart  = 0x10000000
)

// sigaction is the raw system call, as the Go runtime makes it: the C library's
// function would replace the restorer.
func sigaction(sig unix.Signal, set, old *action) error {
	const maskSize = 8
	_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig),
		uintptr(unsafe.Pointer(set)), uintptr(unsafe.Pointer(old)), maskSize, 0, 0)
	if errno != 0 {
		return fmt.Errorf("rt_sigaction: %w", errno)
	}
	return nil
}
