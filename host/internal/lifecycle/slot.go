package lifecycle

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/heritage"
	"github.com/hotso/hotso/host/internal/image"
	"github.com/hotso/hotso/host/internal/instance"
	"github.com/hotso/hotso/host/internal/invoke"
	"github.com/hotso/hotso/host/internal/rank"
	"github.com/hotso/hotso/host/life"
)

// A Config says how the versions of a slot, or a single library, are dealt with.
type Config struct {
	Image    image.Policy
	Instance instance.Config
	Handover time.Duration // how long calls wait at most while a state is handed over
	Takeover time.Duration // and while one version takes over from another
	// Exclusive has only one version live at a time, whatever libraries say.
	Exclusive bool
	OnEvent   func(life.Event)
	Own       func(*Version) // called for each version before any of its code runs
	// Descriptors are what versions inherit of the host, by name; the host's to close.
	Descriptors map[string]syscall.Conn
}

// A Slot has one version that serves, and leads calls to it. All methods may be called
// from any goroutine at the same time.
type Slot struct {
	Route invoke.Route

	conf     *Config
	policies []Policy
	journal  journal
	closed   atomic.Bool
	over     chan struct{} // closed with it
	token    rank.Token    // held for a deployment: one Swap, Canary, Promote, Abort, Rollback or Close at a time
	checking atomic.Int32  // checks of the host's that run

	recovering atomic.Pointer[chan struct{}] // closed when the last crash was dealt with
	waiting    atomic.Int64                  // calls that wait for the end of a pause
	paused     atomic.Pointer[Pause]         // nil unless a state is being handed over, or a version takes over
	starting   rank.Token                    // held by a takeover, and an attempt to recover: one starts a version at a time

	mu        rank.Mutex[rank.Slot] // guards what follows, and the policies' tables
	current   *Version              // where Route leads
	vacant    error                 // why there is no current version
	takenOver *Version              // the current one, if another takes over from it, which then deals with its end
	bindings  []*invoke.Binding
	entries   []*Entry                // oldest first
	seen      int64                   // how many there were
	earlier   map[string]life.Figures // of lives that are not among them any more, by version
	heritage  *heritage.Set           // what the current version hands over, or the last one

	background sync.WaitGroup // versions that are let go by themselves; added to under mu
}

// NewSlot returns an empty slot for libraries of the name in conf.Image.
func NewSlot(conf *Config) *Slot {
	s := &Slot{conf: conf, over: make(chan struct{}), token: rank.NewToken(), starting: rank.NewToken(), journal: journal{name: conf.Image.Name, handle: conf.OnEvent}}
	s.Route.Owner = (*owner)(s)
	if check := conf.Instance.Check; check != nil {
		conf.Instance.Check = func(ctx context.Context, t *invoke.Target) error { return s.runCheck(ctx, t, check) }
	}
	return s
}

// Use adds policies, behind those that the slot has. It comes before anything else.
func (s *Slot) Use(policies ...Policy) { s.policies = append(s.policies, policies...) }

// Name is that of the slot and its libraries.
func (s *Slot) Name() string { return s.conf.Image.Name }

// Lock locks the tables of the slot and its policies, and Unlock unlocks them. See the
// package documentation.
func (s *Slot) Lock() { s.mu.Lock() }

// Unlock is the end of what Lock began.
func (s *Slot) Unlock() { s.mu.Unlock() }

// Current is the version that serves, or nil.
func (s *Slot) Current() *Version {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current
}

// CurrentLocked is Current for a caller that holds the lock.
func (s *Slot) CurrentLocked() *Version { return s.current }

// Vacate has calls get that error for as long as no version serves.
func (s *Slot) Vacate(why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == nil {
		s.vacant = why
	}
}

// Error returns an error about the slot.
func (s *Slot) Error(step life.Step, reason, cause error, advice string) *life.Error {
	return &life.Error{Name: s.Name(), Step: step, Reason: reason, Cause: cause, Advice: advice}
}

// Hold takes the slot's token: it waits until no deployment is under way, at most until
// ctx ends. The caller calls done.
func (s *Slot) Hold(ctx context.Context, step life.Step) (done func(), err error) {
	if s.checking.Load() > 0 && within("(*Slot).runCheck") {
		return nil, s.Error(step, life.ErrBusy, errors.New("called by a check"), "the deployment waits for the check: do it later")
	}
	if err := s.token.Acquire(ctx); err != nil {
		return nil, s.Error(step, life.ErrBusy, err, "another deployment is under way")
	}
	return s.token.Release, nil
}

// Deploy is Hold for a step that changes the version that serves: the policies are
// asked.
func (s *Slot) Deploy(ctx context.Context, step life.Step) (done func(), err error) {
	done, err = s.Hold(ctx, step)
	if err != nil {
		return nil, err
	}
	for _, p := range s.policies {
		if err := p.Deploy(step); err != nil {
			done()
			return nil, err
		}
	}
	return done, nil
}

// runCheck runs the host's own test of a version, which must not wait for the
// deployment that it is a part of.
//
//go:noinline
func (s *Slot) runCheck(ctx context.Context, t *invoke.Target, check func(context.Context, *invoke.Target) error) error {
	s.checking.Add(1)
	defer s.checking.Add(-1)
	rank.Unlocked()
	return check(ctx, t)
}

// Bind promises that a function can be called through the slot, on these terms.
func (s *Slot) Bind(name string, want abi.Signature, terms invoke.Terms) (*invoke.Binding, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := invoke.NewBinding(name, want, s.conf.Instance.CallLimit).Through(&s.Route, len(s.bindings))
	b.Terms = terms
	if v := s.current; v != nil {
		fn, err := v.Find(b, nil)
		if err != nil {
			return nil, err
		}
		v.Target.AddBound(fn)
	}
	s.bindings = append(s.bindings, b)
	for _, p := range s.policies {
		p.Bound(b)
	}
	return b, nil
}

// Close refuses new calls, drains all versions and lets them go. It ends a recovery from a crash
// and waits for it, and for the end of what has crashed: nothing of the slot runs when it returns.
// The report is that of the version that served, nil if there was none.
func (s *Slot) Close(ctx context.Context) (*life.Report, error) {
	done, err := s.Hold(ctx, life.StepUnload)
	if err != nil {
		return nil, err
	}
	if !s.closed.Swap(true) {
		close(s.over)
	}
	s.mu.Lock()
	old := s.current
	s.current = nil
	s.Route.Set(nil)
	var kept []*Version
	for _, p := range s.policies {
		kept = append(kept, p.Drop()...)
	}
	if old != nil {
		old.estate.heirless = true // its stop hooks can tell
	}
	s.mu.Unlock()
	if old != nil {
		old.Target.Close()
	}
	var errs []error
	for _, v := range kept {
		_, err := v.Retire(ctx)
		errs = append(errs, err)
	}
	s.background.Wait()
	s.awaitDead(ctx)
	var report *life.Report
	if old != nil {
		report, err = old.Retire(ctx)
		errs = append([]error{err}, errs...)
	}
	s.mu.Lock()
	handedOver := s.heritage
	s.heritage = nil
	s.mu.Unlock()
	handedOver.Release()
	done()
	flush, cancel := context.WithTimeout(ctx, s.conf.Instance.DrainTimeout)
	defer cancel()
	s.journal.flush(flush)
	return report, errors.Join(errs...)
}

// InBackground lets a version go by itself: Close waits for it. f does what is to be
// done. Locked.
func (s *Slot) InBackground(f func()) { s.background.Go(f) }

// owner is what the slot's route asks.
type owner Slot

// Empty implements invoke.RouteOwner.
func (o *owner) Empty() error { return (*Slot)(o).Empty() }

// Empty says why no version serves; nil if one does.
func (s *Slot) Empty() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.current != nil:
		return nil
	case s.closed.Load():
		return s.Error(life.StepCall, life.ErrClosed, nil, "")
	case s.vacant != nil:
		return s.vacant
	}
	return s.Error(life.StepCall, life.ErrEmpty, nil, "")
}

// Closed waits while a state is being handed over or a version takes over, and a crash is being
// dealt with.
func (o *owner) Closed(ctx context.Context) error {
	if err := o.paused.Load().wait(ctx.Done()); err != nil {
		return err
	}
	select {
	case <-(*Slot)(o).recovered():
	case <-ctx.Done():
	}
	return ctx.Err()
}
