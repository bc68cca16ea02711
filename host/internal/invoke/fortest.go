package invoke

import (
	"unsafe"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/call"
)

// What follows is for the tests of package host.

// Hold stands for a call that is inside until release is closed. It is inside when the
// returned channel is closed.
func Hold(t *Target, release <-chan struct{}) <-chan struct{} {
	inside := make(chan struct{})
	go func() {
		s, _ := t.enter()
		close(inside)
		<-release
		t.gate.Leave(s)
	}()
	return inside
}

// MissedSignal reports whether the record of this thread in t says that a SIGURG came
// while the thread was outside. The goroutine is locked to it.
func MissedSignal(t *Target) bool {
	f := call.Get()
	defer f.Put()
	f.Fn = t.sym.free // C only: this is no entry
	f.Int(0)
	f.Do()
	missed := f.Thread() + uintptr(t.jump-abi.RecordJump+abi.RecordMissed)
	return **(**uint64)(unsafe.Pointer(&missed)) != 0
}

// CameBack makes a call of C code of t on this thread. cancel does what somebody does who
// was about to cancel it when it came back. leave ends it.
func CameBack(t *Target) (cancel, leave func()) {
	s, _ := t.enter()
	s.Value.set(&Function{target: t, addr: t.sym.free})
	s.Value.Int(0)
	s.Value.Do()
	return s.Value.cancel, func() {
		s.Value.Ints(0)
		t.gate.Leave(s)
	}
}

// Watchdog reports whether it runs, and how many leases it looks after.
func Watchdog(t *Target) (running bool, leases int) {
	t.watchdog.mu.Lock()
	defer t.watchdog.mu.Unlock()
	return t.watchdog.running.Load(), len(t.watchdog.leases)
}

// The watchdog's times.
const (
	WatchInterval = checkInterval
	WatchIdle     = idleTimeout
)

// WithoutDebug makes t a library of an older cabi.
func WithoutDebug(t *Target) { t.sym.debug = 0 }
