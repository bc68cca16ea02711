package lifecycle

import (
	"sync"

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
	if dealt || s.current != v {
		return
	}
	done := make(chan struct{})
	s.recovering.Store(&done)
	finish := sync.OnceFunc(func() { close(done) })
	// The spare now, as the library's teardown, which closes its copy, comes after this.
	go s.recover(&Recovery{Dead: v, Crash: crash, Itself: v.Spare(), Resume: finish})
}

// recovered is closed when the last crash was dealt with.
func (s *Slot) recovered() <-chan struct{} {
	if done := s.recovering.Load(); done != nil {
		return *done
	}
	return closedChannel
}

// recover has a policy put another version in place of one that crashed. If none does,
// calls get the crash until the next version comes.
func (s *Slot) recover(r *Recovery) {
	defer r.Resume()
	defer r.Itself.Close()
	for _, p := range s.policies {
		if s.Current() != r.Dead || p.Recover(r) {
			return
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == r.Dead {
		s.current = nil
		s.Route.Set(nil)
		s.lastCrash = r.Crash
	}
}

// FailSpare tells that a version which was loaded again did not serve.
func (s *Slot) FailSpare(e *Entry, what string, err error) {
	s.Tell(e, life.Event{State: life.Failed, Detail: what + ": " + err.Error(), Err: err})
}
