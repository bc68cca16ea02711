package rollout

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/hotso/hotso/host/internal/image"
	"github.com/hotso/hotso/host/internal/invoke"
	"github.com/hotso/hotso/host/internal/lifecycle"
	"github.com/hotso/hotso/host/life"
)

// A Promotion says when a canary is promoted without being told to: once all of it is
// true. The zero Promotion leaves that to Promote. It is judged every Rule.Health.
type Promotion struct {
	Calls  int64         // that the canary has answered, at least
	After  time.Duration // since its begin; alone, a canary without calls passes too
	Errors float64       // share of its calls that may have failed, between 0 and 1
}

// canaries has one version at a time answer a share of the calls.
type canaries struct {
	lifecycle.NoPolicy
	slot *Slot
	rule Rule

	running atomic.Pointer[canary] // nil unless one runs; changed under the slot's lock
}

// A canary is a version that some calls go to. It ends once, under the slot's lock.
type canary struct {
	observed
	entry     *lifecycle.Entry
	load      time.Duration
	begin     time.Time
	promotion Promotion
	division  atomic.Pointer[division]
	done      chan struct{} // closed when it ends
}

func newCanaries(s *Slot, conf *Config) *canaries { return &canaries{slot: s, rule: conf.Rule} }

// Deploy implements lifecycle.Policy.
func (cs *canaries) Deploy(step life.Step) error {
	c := cs.running.Load()
	if c == nil {
		return nil
	}
	e := cs.slot.Error(step, life.ErrCanary, nil, "promote or abort it first")
	e.Version = c.version.Target.Version
	return e
}

// Ended implements lifecycle.Policy.
func (cs *canaries) Ended(v *lifecycle.Version, crash *life.Crash) bool {
	c := cs.running.Load()
	if c == nil || c.version != v {
		return false
	}
	cs.drop(c, crash.Error(), crash)
	return true
}

// Recover implements lifecycle.Policy: the canary serves, when everything else has
// crashed.
func (cs *canaries) Recover(r *lifecycle.Recovery) bool {
	s := cs.slot
	s.Lock()
	c := cs.running.Load()
	if c == nil || s.CurrentLocked() != r.Dead {
		s.Unlock()
		return false
	}
	err := s.ServeLocked(c.version, life.Event{State: life.Serving, Outcome: life.OutcomeRecovered,
		Detail: "promoted: v" + r.Dead.Target.Version + " crashed, and there is no other"})
	if err == nil {
		cs.end()
	}
	s.Unlock()
	if err != nil {
		return false
	}
	r.Resume()
	return true
}

// Bound implements lifecycle.Policy. A canary that lacks the function is ended: the host
// goes by the version that serves.
func (cs *canaries) Bound(b *invoke.Binding) {
	c := cs.running.Load()
	if c == nil {
		return
	}
	fn, err := c.version.Find(b, nil)
	if err != nil {
		cs.drop(c, "the host has bound "+b.Name+": "+err.Error(), nil)
		return
	}
	c.version.Target.AddBound(fn)
}

// Describe implements lifecycle.Policy.
func (cs *canaries) Describe(v *lifecycle.Version, i *life.VersionInfo) {
	c := cs.running.Load()
	if c == nil {
		return
	}
	share := c.division.Load().share
	switch v {
	case cs.slot.CurrentLocked():
		i.Share = 100 - share.Percent
	case c.version:
		i.Share, i.Keys = share.Percent, slices.Clone(share.Keys)
	}
}

// Drop implements lifecycle.Policy.
func (cs *canaries) Drop() (kept []*lifecycle.Version) {
	if c := cs.end(); c != nil {
		c.version.Target.Close()
		kept = append(kept, c.version)
	}
	return kept
}

// Canary has the version of src serve a share of the calls: see package host.
func (s *Slot) Canary(ctx context.Context, src lifecycle.Source, share Share, promotion Promotion) (*life.VersionInfo, error) {
	division, err := s.divide(share)
	if err != nil {
		return nil, err
	}
	done, err := s.Deploy(ctx, life.StepSwap)
	if err != nil {
		return nil, err
	}
	defer done()
	const advice = "use Swap; Probation judges a version without another beside it"
	if err := s.Exclusive(life.StepSwap, advice); err != nil {
		return nil, err
	}
	current := s.Current()
	for ; current == nil; current = s.Current() { // a crash may be dealt with meanwhile
		if err := s.Empty(); err != nil {
			return nil, err
		}
	}
	begin := time.Now()
	e := s.See(src)
	if err := stateless(current); err != nil {
		return nil, s.Reject(e, err)
	}
	v, err := s.Stage(ctx, e, src, func(im *image.Image) error {
		if !im.Exclusive {
			return nil
		}
		return &life.Error{File: src.File, Name: im.Name, Version: im.Version, Step: life.StepVerify, Reason: life.ErrExclusive, Advice: advice}
	})
	if err != nil {
		return nil, s.Reject(e, err)
	}
	c := &canary{entry: e, load: time.Since(begin), promotion: promotion, done: make(chan struct{})}
	c.division.Store(division)
	if err = stateless(v); err == nil {
		err = s.canary.start(c, v)
	}
	if err != nil {
		v.Discard(ctx)
		return nil, s.Reject(e, err)
	}
	go s.canary.judge(c)
	info := s.Info(e)
	return &info, nil
}

// start lets the first calls in.
func (cs *canaries) start(c *canary, v *lifecycle.Version) error {
	cs.slot.Lock()
	defer cs.slot.Unlock()
	if err := cs.slot.BindLocked(v); err != nil {
		return err
	}
	c.observed, c.begin = observe(v), time.Now()
	v.Tell(life.Event{State: life.Canary, Took: c.load, Detail: c.division.Load().share.String()})
	cs.running.Store(c)
	cs.slot.Route.Divert(&invoke.Diversion{Target: v.Target, Takes: c.takes})
	cs.slot.Attend(v)
	return nil
}

// SetShare changes how many of the calls, and which, go to the canary.
func (s *Slot) SetShare(share Share) error {
	division, err := s.divide(share)
	if err != nil {
		return err
	}
	done, err := s.Hold(lifecycle.Background, life.StepSwap)
	if err != nil {
		return err
	}
	defer done()
	s.Lock()
	defer s.Unlock()
	c := s.canary.running.Load()
	if c == nil {
		return s.noCanary()
	}
	c.division.Store(division)
	s.Tell(c.entry, life.Event{State: life.Canary, Detail: share.String()})
	return nil
}

// Promote makes the canary the current version, as Swap would.
func (s *Slot) Promote(ctx context.Context) (*life.Swap, error) {
	done, err := s.Hold(ctx, life.StepSwap)
	if err != nil {
		return nil, err
	}
	defer done()
	return s.promote(ctx, s.canary.running.Load(), "promoted by hand")
}

// promote publishes c, unless it has ended. The token is held.
func (s *Slot) promote(ctx context.Context, c *canary, why string) (*life.Swap, error) {
	s.Lock()
	if c == nil || s.canary.running.Load() != c {
		s.Unlock()
		return nil, s.noCanary()
	}
	if err := s.BindLocked(c.version); err != nil {
		s.Unlock()
		return nil, err
	}
	served := s.CurrentLocked()
	swap := &life.Swap{Version: c.version.Target.Version, Load: c.load}
	s.canary.end() // before the policies are asked, which may observe it for themselves
	retire, err := s.PublishLocked(c.version, swap, nil, false, why)
	s.Unlock()
	if err != nil {
		return nil, err
	}
	return swap, s.Retire(ctx, swap, retire, served)
}

// Abort ends the canary: its calls go on with the current version, and it is drained
// and let go.
func (s *Slot) Abort(ctx context.Context) (*life.Report, error) {
	done, err := s.Hold(ctx, life.StepSwap)
	if err != nil {
		return nil, err
	}
	defer done()
	s.Lock()
	c := s.canary.end()
	if c != nil {
		c.version.Target.Close()
		s.Tell(c.entry, life.Event{State: life.Failed, Outcome: life.OutcomeAborted, Detail: "aborted by hand"})
	}
	s.Unlock()
	if c == nil {
		return nil, s.noCanary()
	}
	return c.version.Retire(ctx)
}

// end ends the time of the canary as one, if there is one. Its gate is the caller's to
// close or to keep open. Locked.
func (cs *canaries) end() *canary {
	c := cs.running.Load()
	if c != nil {
		cs.running.Store(nil)
		cs.slot.Route.Divert(nil)
		c.observed.end()
		close(c.done)
	}
	return c
}

// drop ends a canary by the slot's own decision; it is let go in the background. What
// has crashed, as crash says, lets itself go. Locked.
func (cs *canaries) drop(c *canary, why string, crash *life.Crash) {
	cs.end()
	c.version.Target.Close()
	e := life.Event{State: life.Failed, Outcome: life.OutcomeAborted, Detail: "canary aborted: " + why}
	if crash != nil {
		e.Err = crash
	}
	cs.slot.Tell(c.entry, e)
	if crash == nil {
		cs.slot.InBackground(func() { _, _ = c.version.Retire(lifecycle.Background) })
	}
}

func (s *Slot) noCanary() error { return s.Error(life.StepSwap, life.ErrNoCanary, nil, "") }

// stateless refuses a version that has a state to hand over.
func stateless(v *lifecycle.Version) error {
	if !v.Target.Saves() && !v.Target.Restores() {
		return nil
	}
	return v.Target.Error(life.StepHandOver, life.ErrTwoStates,
		fmt.Errorf("v%s hands its state over; use Swap with Probation", v.Target.Version))
}
