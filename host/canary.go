package host

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"
)

var (
	// ErrCanary: a canary runs. Promote or Abort it first.
	ErrCanary = errors.New("a canary runs")
	// ErrNoCanary: no canary runs, or it was promoted or aborted meanwhile; the
	// events say why.
	ErrNoCanary = errors.New("no canary runs")
	// ErrTwoStates: a version that hands its state over can be no canary and have
	// none beside it: each would change a state of its own, and one of the two would
	// be lost. Swap hands it over, and Probation keeps the version before.
	ErrTwoStates = errors.New("two versions would each have a state")
)

// A Promotion says when a canary is promoted without being told to: once all of it
// is true. The zero Promotion leaves that to Promote. It is judged every
// Rule.Health.
type Promotion struct {
	Calls  int64         `json:"calls,omitempty"`  // that the canary has answered, at least
	After  time.Duration `json:"after,omitempty"`  // since its begin; alone, a canary without calls passes too
	Errors float64       `json:"errors,omitempty"` // share of its calls that may have failed, between 0 and 1
}

// A canary is a version that some calls go to. It ends once, under Slot.mu.
type canary struct {
	observed
	v         *VersionInfo
	load      time.Duration
	begin     time.Time
	promotion Promotion
	route     atomic.Pointer[route]
	over      chan struct{} // closed when it ends
}

// Canary has the library at path serve a share of the calls, beside the current
// version. It is read, verified, loaded, started and checked as in Swap, before
// any call reaches it. From then on
//
//   - Promote, or the promotion, makes it the current version;
//   - Abort, the Rule of Probation, its health hooks, a crash, or a Func that is bound
//     and that it lacks, ends it: its calls go on with the current version, it is
//     failed and unloaded;
//   - Swap, Rollback and another Canary are refused with ErrCanary;
//   - a crash of the current version is dealt with as ever, for its own share; if
//     nothing is left to fall back to, the canary is promoted. A probation of the
//     current version goes on.
//
// Versions shows share, calls, errors and calls in flight of both. What Canary
// returns is the canary's entry there. Errors are those of Swap, ErrCanary,
// ErrEmpty if no version serves, ErrTwoStates, and ErrArgument for the share.
func (s *Slot) Canary(ctx context.Context, path string, share Share, promotion Promotion) (*VersionInfo, error) {
	s.swapping.Lock()
	defer s.swapping.Unlock()
	route, err := s.newRoute(share)
	if err == nil {
		err = s.noCanary(StepSwap)
	}
	if err != nil {
		return nil, err
	}
	current := s.current.Load()
	if current == nil {
		return nil, s.emptyError()
	}
	begin := time.Now()
	v := s.see(path)
	if err := current.stateless(); err != nil {
		return nil, s.reject(v, err)
	}
	lib, err := s.admit(ctx, v, path)
	if err != nil {
		return nil, s.reject(v, err)
	}
	c := &canary{v: v, load: time.Since(begin), promotion: promotion, over: make(chan struct{})}
	c.route.Store(route)
	if err = lib.stateless(); err == nil {
		err = s.beginCanary(c, lib)
	}
	if err != nil {
		lib.discard(ctx)
		return nil, s.reject(v, err)
	}
	s.emit(v, Event{State: Canary, Took: c.load, Detail: share.String()})
	go s.watchCanary(c)
	return s.info(v), nil
}

// beginCanary lets the first calls in.
func (s *Slot) beginCanary(c *canary, lib *Library) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.bindLocked(lib); err != nil {
		return err
	}
	c.observed, c.begin = observe(lib), time.Now()
	lib.state.set(Canary)
	s.canary.Store(c)
	lib.takeOver(s.crashed)
	return nil
}

// SetShare changes how many of the calls, and which, go to the canary. Errors are
// ErrNoCanary and ErrArgument.
func (s *Slot) SetShare(share Share) error {
	route, err := s.newRoute(share)
	if err != nil {
		return err
	}
	s.swapping.Lock()
	defer s.swapping.Unlock()
	c := s.canary.Load()
	if c == nil {
		return s.noneRuns()
	}
	c.route.Store(route)
	s.emit(c.v, Event{State: Canary, Detail: share.String()})
	return nil
}

// Promote makes the canary the current version, as Swap would: the version before is
// let go, or kept warm if there is a Probation. Errors are ErrNoCanary, and ErrBusy
// as for Swap.
func (s *Slot) Promote(ctx context.Context) (*Swap, error) {
	s.swapping.Lock()
	defer s.swapping.Unlock()
	return s.promote(ctx, s.canary.Load(), "promoted by hand")
}

// promote publishes c, unless it has ended. s.swapping is held.
func (s *Slot) promote(ctx context.Context, c *canary, why string) (*Swap, error) {
	s.mu.Lock()
	if c == nil || s.canary.Load() != c {
		s.mu.Unlock()
		return nil, s.noneRuns()
	}
	old, err := s.publishLocked(c.lib)
	if err != nil {
		s.mu.Unlock()
		return nil, err
	}
	s.takeCanary()
	swap := &Swap{Version: c.lib.Version(), Load: c.load}
	retire := s.keepLocked(c.lib, old, false)
	if s.trial != nil {
		swap.Warm = s.trial.warm.Version()
	}
	s.mu.Unlock()
	if retire != old && old.state.get() == Warm {
		old.emit(Event{State: Warm, Detail: "kept to go back to"})
	}
	return s.settle(ctx, c.v, swap, retire, why)
}

// Abort ends the canary: its calls go on with the current version, and it is drained
// and let go as by Close. The error is ErrNoCanary, or that of Close.
func (s *Slot) Abort(ctx context.Context) (*Report, error) {
	s.swapping.Lock()
	defer s.swapping.Unlock()
	s.mu.Lock()
	c := s.endCanary()
	s.mu.Unlock()
	if c == nil {
		return nil, s.noneRuns()
	}
	s.emit(c.v, Event{State: Failed, Detail: "aborted by hand"})
	return s.retire(ctx, c.lib)
}

// takeCanary ends the canary's time as one, if there is one. Its gate is the
// caller's to close or to keep open. s.mu is held.
func (s *Slot) takeCanary() *canary {
	c := s.canary.Load()
	if c != nil {
		s.canary.Store(nil)
		c.lib.onError.Store(nil)
		close(c.over)
	}
	return c
}

// endCanary has calls go past the canary, if there is one, which is the caller's to
// retire. s.mu is held.
func (s *Slot) endCanary() *canary {
	c := s.takeCanary()
	if c != nil {
		c.lib.gate.Close()
	}
	return c
}

// noCanary is ErrCanary while one runs. s.swapping is held.
func (s *Slot) noCanary(step Step) error {
	c := s.canary.Load()
	if c == nil {
		return nil
	}
	return &Error{Name: s.Name(), Version: c.lib.Version(), Step: step, Reason: ErrCanary, Advice: "promote or abort it first"}
}

func (s *Slot) noneRuns() error { return &Error{Name: s.Name(), Step: StepSwap, Reason: ErrNoCanary} }

// stateless refuses a version that has a state to hand over.
func (l *Library) stateless() error {
	if !l.saves() && !l.restores() {
		return nil
	}
	return l.error(StepHandOver, ErrTwoStates, fmt.Errorf("v%s hands its state over; use Swap with Probation", l.Version()))
}

// info is the entry of v in Versions.
func (s *Slot) info(v *VersionInfo) *VersionInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.infoLocked(v)
}

func (s *Slot) infoLocked(v *VersionInfo) *VersionInfo {
	i := *v
	i.lib = nil
	if v.lib == nil {
		return &i
	}
	i.InFlight = v.lib.InFlight()
	i.Calls, i.Errors = v.lib.figures()
	var share Share
	c := s.canary.Load()
	if c != nil {
		share = c.route.Load().share
	}
	switch {
	case v.lib == s.current.Load():
		i.Share = 100 - share.Percent
	case c != nil && v.lib == c.lib:
		i.Share, i.Keys = share.Percent, slices.Clone(share.Keys)
	}
	return &i
}
