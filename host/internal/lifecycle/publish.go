package lifecycle

import (
	"context"
	"fmt"

	"github.com/hotso/hotso/host/internal/invoke"
	"github.com/hotso/hotso/host/life"
)

// Replace hands the state over, if there is one, and publishes v, as swap says so far.
// It returns the versions to retire. back says that v is an older one which the slot
// returns to. What was not started yet takes over. The token is held.
func (s *Slot) Replace(ctx context.Context, v *Version, swap *life.Swap, back bool, why string) (retire []*Version, err error) {
	if !v.live.Load() {
		return s.takeOver(ctx, v, swap, back, why)
	}
	for {
		old := s.Current()
		p, lost, err := s.HandOver(ctx, old, v)
		if err != nil && !old.Dead() { // what crashed has no state any more
			return nil, err
		}
		s.mu.Lock()
		if s.current != old { // it crashed, and there is a fallback
			s.mu.Unlock()
			p.End()
			continue
		}
		swap.Handover = p.handover(lost)
		retire, err = s.PublishLocked(v, swap, p, back, why)
		s.mu.Unlock()
		if err != nil && p != nil {
			old.Target.Reopen()
		}
		swap.Pause = p.End()
		return retire, err
	}
}

// PublishLocked has calls reach v, as swap says so far, asks the policies what to keep,
// and tells all that. It returns the versions to retire. p is the pause in which the
// state was handed over, nil if it was not.
func (s *Slot) PublishLocked(v *Version, swap *life.Swap, p *Pause, back bool, why string) (retire []*Version, err error) {
	old := s.current
	if err := s.BindLocked(v); err != nil {
		return nil, err
	}
	s.serve(v)
	c := &Change{New: v, Old: old, Fallback: old, Back: back, Detail: why, Gone: old != nil && old == s.takenOver}
	if old != nil {
		c.retire = []*Version{old}
	}
	for _, policy := range s.policies {
		policy.Keep(c)
	}
	swap.Warm = c.Warm
	if p != nil {
		v.Tell(life.Event{State: life.Restored, Took: p.Took(), Detail: fmt.Sprintf("%d bytes of state from v%s", p.Size, old.Target.Version)})
	}
	for _, kept := range c.keep {
		kept.Tell(life.Event{State: life.Warm, Detail: "kept to go back to"})
	}
	v.Tell(life.Event{State: life.Serving, Outcome: v.outcome(back), Took: swap.Load, Passed: !c.Open, Detail: c.Detail, Handover: swap.Handover})
	return c.retire, nil
}

// outcome is that of v, which is about to serve.
func (v *Version) outcome(back bool) life.Outcome {
	switch {
	case back:
		return life.OutcomeRolledBack
	case v.State() == life.Canary:
		return life.OutcomePromoted
	}
	return life.OutcomeSwapped
}

// ServeLocked has calls reach v in place of the version that serves, which the caller
// lets go or keeps, and tells that as e says.
func (s *Slot) ServeLocked(v *Version, e life.Event) error {
	if err := s.BindLocked(v); err != nil {
		return err
	}
	s.serve(v)
	v.Tell(e)
	return nil
}

// serve leads calls to v. From the route's change on, no new call enters the old
// version: its gate closes right after, and whoever is refused there finds the new one.
func (s *Slot) serve(v *Version) {
	old := s.current
	s.vacant = nil
	s.current = v
	s.succeedLocked(v, old)
	s.Route.Set(v.Target)
	s.Attend(v)
	if old != nil {
		old.Target.Close()
	}
}

// BindLocked finds in v what the host has bound.
func (s *Slot) BindLocked(v *Version) (err error) {
	bound := make([]*invoke.Function, len(s.bindings))
	for i, b := range s.bindings {
		if bound[i], err = v.Find(b, nil); err != nil {
			return err
		}
	}
	v.Target.SetBound(bound)
	return nil
}

// Retire lets the versions go that Replace or PublishLocked left, and adds to swap what
// became of the version that served.
func (s *Slot) Retire(ctx context.Context, swap *life.Swap, versions []*Version, served *Version) (err error) {
	for _, v := range versions {
		report, failed := v.Retire(ctx)
		if v == served {
			swap.Old, err = report, failed
		}
	}
	return err
}

// ReturnLocked has calls go again to a version that was kept warm, in place of from, and
// tells why. from is the caller's to retire.
func (s *Slot) ReturnLocked(from, warm *Version, p *Pause, why string) error {
	if !warm.Target.Reopen() {
		return warm.Target.CrashError()
	}
	if err := s.BindLocked(warm); err != nil {
		warm.Target.Close()
		return err
	}
	s.serve(warm)
	outcome := life.OutcomeRecovered
	if !from.Dead() { // a crash was reported already
		outcome = life.OutcomeRolledBack
		from.Tell(life.Event{State: life.Failed, Detail: why})
	}
	warm.Tell(life.Event{State: life.Serving, Outcome: outcome, Passed: true, Took: p.Took(), Detail: "back from v" + from.Target.Version + ": " + why})
	return nil
}
