package host

import (
	"context"
	"errors"
	"time"
)

// ErrNoneBefore: there is no version to go back to.
var ErrNoneBefore = errors.New("no version before this one")

// Rollback goes back to the version before: the warm one during a probation,
// otherwise the one that served before the current, loaded again from the slot's own
// copy, whatever became of its file. The state is handed back as in a Swap, and
// if that fails the current version goes on serving. The version that is left is
// Failed. A second Rollback in a row gets ErrNoneBefore; while a canary runs it is
// ErrCanary.
func (s *Slot) Rollback(ctx context.Context) (*Swap, error) {
	s.swapping.Lock()
	defer s.swapping.Unlock()
	if err := s.noCanary(StepSwap); err != nil {
		return nil, err
	}
	const why = "rolled back by hand"
	s.mu.Lock()
	t, good := s.trial, s.good
	if t == nil && good != nil {
		s.good = nil
	}
	s.mu.Unlock()
	switch {
	case t != nil:
		return s.goBack(ctx, t, why)
	case good == nil:
		return nil, &Error{Name: s.Name(), Step: StepSwap, Reason: ErrNoneBefore}
	}
	swap, from, err := s.loadBefore(ctx, good)
	if err != nil {
		s.mu.Lock()
		s.setGood(good)
		s.mu.Unlock()
		return nil, err
	}
	_ = good.copy.Close()
	if from != nil {
		from.emit(Event{State: Failed, Detail: why})
		swap.Old, err = s.retire(ctx, from)
	}
	return swap, err
}

// loadBefore loads a spare in place of the current version, which it returns.
func (s *Slot) loadBefore(ctx context.Context, c *spare) (*Swap, *Library, error) {
	begin := time.Now()
	v := s.seeAgain(c)
	fail := func(err error) (*Swap, *Library, error) {
		s.emit(v, Event{State: Failed, Detail: "rollback: " + err.Error(), Err: err})
		return nil, nil, err
	}
	lib, err := s.openSpare(ctx, v, c)
	if err != nil {
		return fail(err)
	}
	swap := &Swap{Version: lib.Version(), Load: time.Since(begin)}
	from, err := s.replace(ctx, v, lib, swap, true)
	if err != nil {
		lib.discard(ctx)
		return fail(err)
	}
	s.emit(v, Event{State: Serving, Passed: true, Took: swap.Load, Detail: "rolled back by hand"})
	return swap, from, nil
}

// goBack returns from the version on trial to the warm one. If there is an error,
// calls go where they went before. s.swapping is held.
func (s *Slot) goBack(ctx context.Context, t *trial, why string) (*Swap, error) {
	s.mu.Lock()
	over := s.trial != t
	s.mu.Unlock()
	if over {
		return nil, t.lib.error(StepSwap, ErrClosed, errors.New("its probation is over"))
	}
	p, _, err := s.handOver(ctx, t.lib, t.warm)
	if err != nil {
		return nil, err // if it crashed meanwhile, recover goes back
	}
	s.mu.Lock()
	if err = s.returnLocked(t); err == nil {
		s.endTrial()
	}
	s.mu.Unlock()
	if err != nil && p != nil {
		t.lib.reopen()
	}
	swap := &Swap{Version: t.warm.Version(), Pause: p.end()}
	if err != nil {
		return nil, err
	}
	t.lib.emit(Event{State: Failed, Detail: why})
	t.warm.emit(Event{State: Serving, Passed: true, Took: swap.Pause, Detail: "back from v" + t.lib.Version() + ": " + why})
	swap.Old, err = s.retire(ctx, t.lib)
	return swap, err
}

// returnLocked has calls go to the warm version again. s.mu is held.
func (s *Slot) returnLocked(t *trial) error {
	if s.trial != t || s.current.Load() != t.lib {
		return t.lib.error(StepSwap, ErrClosed, errors.New("its probation is over"))
	}
	if !t.warm.reopen() {
		return t.warm.crashError()
	}
	if _, err := s.publishLocked(t.warm); err != nil {
		t.warm.gate.Close()
		return err
	}
	s.setGood(nil) // it would be the one that serves
	return nil
}

// recoverWarm goes back at once from a version that crashed on probation. The calls
// that wait go on with resume, before anybody is told.
func (s *Slot) recoverWarm(dead *Library, resume func()) bool {
	s.mu.Lock()
	t := s.trial
	if t == nil || t.lib != dead {
		s.mu.Unlock()
		return false
	}
	err := s.returnLocked(t)
	s.endTrial()
	s.mu.Unlock()
	if err != nil {
		go func() { _, _ = s.retire(context.Background(), t.warm) }()
		return false
	}
	resume()
	crash := dead.death.crash
	dead.emit(Event{State: Failed, Detail: crash.Error(), Err: crash})
	t.warm.emit(Event{State: Serving, Passed: true, Detail: "back from v" + dead.Version() + ": it crashed"})
	return true
}
