package invoke

import (
	"context"
	"runtime"
	"sync/atomic"
)

// A Route leads calls to the target that serves, and past it to another where a
// [Diversion] says so. What happens when there is none, or its gate is closed, its
// owner decides. The zero Route, with an owner, leads nowhere.
type Route struct {
	Owner RouteOwner

	current   atomic.Pointer[Target]
	diversion atomic.Pointer[Diversion] // nil unless some calls go elsewhere; beside current, as every call reads both
}

// A RouteOwner decides what becomes of calls that find no open gate.
type RouteOwner interface {
	// Empty is the error of calls while there is no target, nil if there is one again.
	Empty() error
	// Closed is called when the gate of the target that serves is closed. It waits
	// until that may have changed, or ctx ends. It is not called if another target
	// serves by now.
	Closed(ctx context.Context) error
}

// A Diversion leads some calls to another target. It is called for every call while it
// is set, so it takes no lock. A call whose target has closed its gate, or has no
// place for it, goes on as if there were no diversion.
type Diversion struct {
	Target *Target
	Takes  func(ctx context.Context) bool
}

// Current is the target that serves, or nil.
func (r *Route) Current() *Target { return r.current.Load() }

// Set has calls go to t, or nowhere if it is nil, and returns where they went before.
// From here on, no new call enters the old target by this route; whoever finds its
// gate closed looks again.
func (r *Route) Set(t *Target) (old *Target) { return r.current.Swap(t) }

// Drop has calls go nowhere if they went to t, and reports whether they did.
func (r *Route) Drop(t *Target) bool { return r.current.CompareAndSwap(t, nil) }

// Divert sets the diversion; nil ends it.
func (r *Route) Divert(d *Diversion) { r.diversion.Store(d) }

// enter goes through the gate of the target that the call is for. The caller leaves it.
func (r *Route) enter(ctx context.Context) (*Target, *Lease, error) {
	for {
		t := r.current.Load()
		if t == nil {
			if err := r.Owner.Empty(); err != nil {
				return nil, nil, err
			}
			continue
		}
		if d := r.diversion.Load(); d != nil && d.Takes(ctx) {
			if s, ok := d.Target.enter(); ok {
				return d.Target, s, nil
			}
		}
		s, full, err := t.await(ctx)
		if err == nil {
			return t, s, nil
		}
		if full {
			return nil, nil, err
		}
		// A closed gate means that a successor was set before it closed, or that the
		// runtime has ended and one is on its way.
		if r.current.Load() != t {
			continue
		}
		if err := r.Owner.Closed(ctx); err != nil {
			return nil, nil, err
		}
		runtime.Gosched()
	}
}
