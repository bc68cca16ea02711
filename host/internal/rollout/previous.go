package rollout

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hotso/hotso/host/internal/instance"
	"github.com/hotso/hotso/host/internal/lifecycle"
	"github.com/hotso/hotso/host/life"
)

// previous keeps the version before the current one so that it can be loaded again:
// on request, and after a crash.
type previous struct {
	lifecycle.NoPolicy
	slot  *Slot
	spare *instance.Spare // nil if the version before did not leave well; guarded by the slot's lock
}

func newPrevious(s *Slot) *previous { return &previous{slot: s} }

// set replaces the spare. Locked.
func (p *previous) set(c *instance.Spare) {
	p.spare.Close()
	p.spare = c
}

// take returns the spare, which is the caller's. Locked.
func (p *previous) take() *instance.Spare {
	c := p.spare
	p.spare = nil
	return c
}

// Keep implements lifecycle.Policy. Going back, there is none before.
func (p *previous) Keep(c *lifecycle.Change) {
	switch {
	case c.Fallback == nil || c.Fallback.Dead():
	case c.Back:
		p.set(nil)
	default:
		p.set(c.Fallback.Spare())
	}
}

// Recover implements lifecycle.Policy.
func (p *previous) Recover(r *lifecycle.Recovery) bool {
	if r.Crash == nil { // what has left comes back itself
		return false
	}
	p.slot.Lock()
	c := p.take()
	p.slot.Unlock()
	if c == nil {
		return false
	}
	ok := p.slot.reload(r, c)
	if ok || !r.Again {
		c.Close()
		return ok
	}
	p.slot.Lock()
	defer p.slot.Unlock()
	if p.spare == nil && p.slot.AwaitsLocked(r) {
		p.spare = c // for the next time
	} else {
		c.Close()
	}
	return false
}

// Drop implements lifecycle.Policy.
func (p *previous) Drop() []*lifecycle.Version {
	p.set(nil)
	return nil
}

// reload loads c in place of a crashed version and reports whether it was good enough
// to serve.
func (s *Slot) reload(r *lifecycle.Recovery, c *instance.Spare) bool {
	e := s.SeeAgain(c)
	begin := time.Now()
	var err error
	if r.Crash != nil {
		err = s.crashes.check(&c.Desc, c.Key)
	}
	var v *lifecycle.Version
	if err == nil {
		v, err = s.Revive(r.Context, e, c, r.State)
		if err != nil && r.Context.Err() != nil {
			s.GiveUp(e)
			return false
		}
	}
	if err != nil {
		r.Again = r.Again || !errors.Is(err, life.ErrRefused) && !errors.Is(err, life.ErrCrashLoop)
		s.FailSpare(e, "fallback", err)
		return false
	}
	s.Lock()
	ok := s.AwaitsLocked(r)
	if ok {
		rest := s.probation.restFor(r)
		serves := life.Event{State: life.Serving, Passed: true, Took: time.Since(begin), Detail: r.Detail}
		if r.Crash != nil { // else a takeover has failed, which is the outcome
			serves.Outcome = life.OutcomeRecovered
		}
		if err = s.ServeLocked(v, rest.note(serves)); err == nil {
			s.probation.resume(v, rest)
		}
	}
	s.Unlock()
	if !ok || err != nil { // another version serves by now, or the slot was closed
		v.Discard(lifecycle.Background)
		return false
	}
	r.Resume()
	return true
}

// Rollback goes back to the version before: see package host.
func (s *Slot) Rollback(ctx context.Context) (*life.Swap, error) {
	done, err := s.Deploy(ctx, life.StepSwap)
	if err != nil {
		return nil, err
	}
	defer done()
	const why = "rolled back by hand"
	for _, b := range s.standbys {
		s.Lock()
		_, warm := b.pair()
		s.Unlock()
		if warm == nil {
			continue
		}
		swap, err := s.goBack(ctx, b, warm, why)
		if !errors.Is(err, errNotKept) { // else it crashed, or was let go, meanwhile
			return swap, err
		}
	}
	return s.goToPrevious(ctx, why)
}

// goToPrevious loads the version before again, which serves then. The token is held.
func (s *Slot) goToPrevious(ctx context.Context, why string) (*life.Swap, error) {
	s.Lock()
	c := s.previous.take()
	s.Unlock()
	if c == nil {
		return nil, s.Error(life.StepSwap, life.ErrNoneBefore, nil, "")
	}
	swap, err := s.loadPrevious(ctx, c, why)
	if err != nil {
		s.Lock()
		s.previous.set(c)
		s.Unlock()
		return nil, err
	}
	c.Close()
	return swap.Swap, s.Retire(ctx, swap.Swap, swap.retire, swap.from)
}

// A rollback has the version before serve, loaded again.
type rollback struct {
	*life.Swap
	retire []*lifecycle.Version
	from   *lifecycle.Version
}

// loadPrevious loads a spare in place of the current version.
func (s *Slot) loadPrevious(ctx context.Context, c *instance.Spare, why string) (*rollback, error) {
	begin := time.Now()
	e := s.SeeAgain(c)
	v, err := s.OpenSpare(ctx, e, c)
	if err != nil {
		s.FailSpare(e, "rollback", err)
		return nil, err
	}
	r := &rollback{Swap: &life.Swap{Version: v.Target.Version, Load: time.Since(begin)}, from: s.Current()}
	if r.retire, err = s.Replace(ctx, v, r.Swap, true, why); err != nil {
		v.Discard(ctx)
		s.FailSpare(e, "rollback", err)
		return nil, err
	}
	if r.from != nil && !r.from.Gone() && !r.from.Dead() { // what was taken over from, or crashed, has its own end
		r.from.Tell(life.Event{State: life.Failed, Detail: why})
	}
	return r, nil
}

// errNotKept says why goBack did not.
var errNotKept = errors.New("is not kept for it any more")

// goBack returns to a version that is loaded. If there is an error, calls go where they
// went before. The token is held.
func (s *Slot) goBack(ctx context.Context, b standby, warm *lifecycle.Version, why string) (*life.Swap, error) {
	s.Lock()
	from, is := b.pair()
	s.Unlock()
	over := func(v *lifecycle.Version) error {
		return v.Target.Error(life.StepSwap, life.ErrNoneBefore, fmt.Errorf("v%s %w", warm.Target.Version, errNotKept))
	}
	if is != warm {
		return nil, over(warm)
	}
	p, _, err := s.HandOver(ctx, from, warm)
	if err != nil {
		return nil, err // if it crashed meanwhile, Recover goes back
	}
	s.Lock()
	if f, w := b.pair(); w != warm || f != from || s.CurrentLocked() != from {
		err = over(from)
	} else if err = s.ReturnLocked(from, warm, p, why); err == nil {
		b.forget()
		s.previous.set(nil) // it would be the one that serves
	}
	s.Unlock()
	if err != nil && p != nil {
		from.Target.Reopen()
	}
	swap := &life.Swap{Version: warm.Target.Version, Pause: p.End()}
	if err != nil {
		return nil, err
	}
	return swap, s.Retire(ctx, swap, []*lifecycle.Version{from}, from)
}

// crashedInFrontOf reports that v has failed, if another version was kept for it: at once,
// so that the event comes before those of its unload. Locked.
func crashedInFrontOf(b standby, v *lifecycle.Version, crash *life.Crash) {
	if serves, warm := b.pair(); warm != nil && serves == v {
		v.Tell(life.Event{State: life.Failed, Detail: crash.Error(), Err: crash})
	}
}

// recoverWarm goes back at once from a version that crashed to one that is loaded. The
// calls that wait go on with Resume.
func (s *Slot) recoverWarm(b standby, r *lifecycle.Recovery) bool {
	s.Lock()
	from, warm := b.pair()
	if warm == nil || from != r.Dead || s.CurrentLocked() != from {
		s.Unlock()
		return false
	}
	err := s.ReturnLocked(from, warm, nil, "it crashed")
	b.forget()
	if err != nil {
		s.InBackground(func() { _, _ = warm.Retire(lifecycle.Background) })
		s.Unlock()
		return false
	}
	s.previous.set(nil) // it would be the one that serves
	s.Unlock()
	r.Resume()
	return true
}
