package lifecycle

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/hotso/hotso/host/life"
)

// Attend has the slot recover when the runtime of v ends while calls go there.
func (s *Slot) Attend(v *Version) { v.Target.End.Notify(func() { s.onEnd(v) }) }

// onEnd is called once, when the runtime of v has ended. It does not wait.
func (s *Slot) onEnd(v *Version) {
	crash := v.Target.End.Crash()
	s.mu.Lock()
	defer s.mu.Unlock()
	dealt := false
	for _, p := range s.policies {
		dealt = p.Ended(v, crash) || dealt
	}
	if dealt || s.current != v || s.takenOver == v {
		return
	}
	// Now, as the library's teardown, which closes its copy, comes after this.
	s.beginRecoveryLocked(v, crash)
}

// beginRecoveryLocked has the slot recover from the end of v, once.
func (s *Slot) beginRecoveryLocked(v *Version, crash *life.Crash) {
	if v.recovered {
		return
	}
	v.recovered = true
	done := make(chan struct{})
	s.recovering.Store(&done)
	finish := sync.OnceFunc(func() { close(done) })
	r := &Recovery{Dead: v, Crash: crash, Why: crash, Detail: "fallback from v" + v.Target.Version, Itself: v.Spare(), Resume: finish}
	s.InBackground(func() { s.recover(r) }) // the slot is not closed: it has a current version
}

// closedChannel is what nobody needs to wait for.
var closedChannel = func() <-chan struct{} { c := make(chan struct{}); close(c); return c }()

// recovered is closed when the last crash was dealt with.
func (s *Slot) recovered() <-chan struct{} {
	if done := s.recovering.Load(); done != nil {
		return *done
	}
	return closedChannel
}

// How long the slot waits before it tries again to recover: doubled each time.
const (
	firstRetry = 100 * time.Millisecond
	lastRetry  = time.Minute
)

// recover has a policy put another version in place of one that crashed. If none does,
// calls get the crash until the next version comes; and unless what was tried must not be
// loaded at all, recover tries again until then.
func (s *Slot) recover(r *Recovery) {
	defer r.Itself.Close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	r.Context = ctx
	go func() {
		select {
		case <-s.over:
			cancel()
		case <-ctx.Done():
		}
	}()
	for pause := firstRetry; !s.attempt(r) && r.Again; pause = min(2*pause, lastRetry) {
		select {
		case <-time.After(pause):
		case <-s.over:
			return
		}
	}
}

// attempt is tryRecover while no other version is started, unless the slot is closed.
func (s *Slot) attempt(r *Recovery) bool {
	defer r.Resume()
	if s.starting.Acquire(r.Context) != nil {
		r.Again = false
		return false
	}
	defer s.starting.Release()
	return s.tryRecover(r)
}

// tryRecover reports whether a version serves, or will. The caller holds s.starting.
func (s *Slot) tryRecover(r *Recovery) bool {
	r.Again = false
	for _, p := range s.policies {
		if !s.awaits(r) || p.Recover(r) {
			return true
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == r.Dead {
		s.current = nil
		s.Route.Set(nil)
		s.vacant = r.Why
	}
	return !s.AwaitsLocked(r)
}

func (s *Slot) awaits(r *Recovery) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.AwaitsLocked(r)
}

// AwaitsLocked reports whether the slot has had no version since.
func (s *Slot) AwaitsLocked(r *Recovery) bool {
	return s.current == r.Dead || s.current == nil && s.vacant == r.Why && !s.closed.Load()
}

// awaitDead waits until nothing of the versions that have crashed is left, as far as that can be.
func (s *Slot) awaitDead(ctx context.Context) {
	s.mu.Lock()
	entries := slices.Clone(s.entries)
	s.mu.Unlock()
	for _, e := range entries {
		if v := s.journal.version(e); v != nil && v.Dead() {
			_, _ = v.Close(ctx)
		}
	}
}

// GiveUp tells that a version is not loaded again after all, as the slot is closed, which
// is no fault of the version's. What was loaded of it already has told its own end.
func (s *Slot) GiveUp(e *Entry) {
	if at := e.reached(); at == life.Found || at == life.Verified {
		s.Tell(e, life.Event{State: life.Unloaded, Detail: "given up: the slot was closed"})
	}
}

// FailSpare tells that a version which was loaded again did not serve.
func (s *Slot) FailSpare(e *Entry, what string, err error) {
	s.Tell(e, life.Event{State: life.Failed, Outcome: life.OutcomeFailed, Detail: what + ": " + err.Error(), Err: err})
}
