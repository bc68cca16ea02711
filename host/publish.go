package host

import (
	"context"
	"fmt"
)

// replace hands the state over, if there is one, and publishes lib. It returns the
// version to retire, if any. Going back, there is no probation.
func (s *Slot) replace(ctx context.Context, v *VersionInfo, lib *Library, swap *Swap, back bool) (*Library, error) {
	for {
		old := s.current.Load()
		p, size, err := s.handOver(ctx, old, lib)
		if err != nil && !old.dead() { // what crashed has no state any more
			return nil, err
		}
		s.mu.Lock()
		if s.current.Load() != old { // it crashed, and there is a fallback
			s.mu.Unlock()
			p.end()
			continue
		}
		_, err = s.publishLocked(lib)
		retire := old
		if err == nil {
			retire = s.keepLocked(lib, old, back)
			if s.trial != nil {
				swap.Warm = s.trial.warm.Version()
			}
		}
		s.mu.Unlock()
		if err != nil && p != nil {
			old.reopen()
		}
		swap.Pause = p.end()
		if err == nil && p != nil {
			s.emit(v, Event{State: Restored, Took: swap.Pause, Detail: fmt.Sprintf("%d bytes of state from v%s", size, old.Version())})
		}
		if err == nil && retire != old && old.state.get() == Warm {
			old.emit(Event{State: Warm, Detail: "kept to go back to"})
		}
		return retire, err
	}
}

// keepLocked decides what becomes of the version before lib: it is kept warm, or
// to be retired. s.mu is held.
func (s *Slot) keepLocked(lib, old *Library, back bool) (retire *Library) {
	warm := old
	if t := s.endTrial(); t != nil {
		warm = t.warm
	}
	if warm == nil || warm.dead() {
		return old
	}
	if back {
		s.setGood(nil)
		return old
	}
	s.setGood(warm.spare())
	if s.conf.probation <= 0 {
		return old
	}
	s.beginTrial(lib, warm)
	if warm == old {
		return nil
	}
	return old
}

// openFor opens a prepared library whose life v records.
func (s *Slot) openFor(ctx context.Context, v *VersionInfo, prepared *Library) (*Library, error) {
	lib, err := prepared.open(ctx, func(e Event) { s.emit(v, e) })
	s.mu.Lock()
	defer s.mu.Unlock()
	v.lib = lib
	return lib, err
}

// discard lets a library go that no call has reached.
func (l *Library) discard(ctx context.Context) {
	l.gate.Close()
	_, _ = l.retire(ctx)
}

// bindLocked finds in lib what the host has bound. s.mu is held.
func (s *Slot) bindLocked(lib *Library) (err error) {
	bound := make([]*function, len(s.bindings))
	for i, b := range s.bindings {
		if bound[i], err = lib.lookup(b.name, b.sig); err != nil {
			return err
		}
	}
	lib.bound.Store(&bound)
	return nil
}

// publishLocked binds the slot's functions in lib and lets calls reach it. From the
// store on, no new call enters the old version: its gate closes right after,
// and whoever is refused there finds the new one.
func (s *Slot) publishLocked(lib *Library) (old *Library, err error) {
	if err := s.bindLocked(lib); err != nil {
		return nil, err
	}
	lib.state.set(Serving)
	s.lastCrash = nil
	old = s.current.Swap(lib)
	lib.takeOver(s.crashed)
	if old != nil {
		if !old.dead() {
			old.state.set(Retiring)
		}
		old.gate.Close()
	}
	return old, nil
}

// setGood remembers the version to fall back to.
func (s *Slot) setGood(c *spare) {
	if s.good != nil {
		_ = s.good.copy.Close()
	}
	s.good = c
}

// retire drains and takes down a version that was replaced.
func (s *Slot) retire(ctx context.Context, old *Library) (*Report, error) {
	if !old.death.happened() {
		old.emit(Event{State: Retiring})
	}
	return old.close(ctx)
}
