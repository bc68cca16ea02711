package invoke

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hotso/hotso/host/internal/rank"
	"github.com/hotso/hotso/host/life"
)

// A Pin keeps a version for somebody who has an object there. Until it is released, or the
// version waits no longer, the version stays and can be called through it, also when all
// others have been led elsewhere. It is no place inside the version: to hand a state over
// nobody waits for it, and calls through it wait then as all others do.
type Pin struct {
	target *Target
	route  *Route // to the version, nil if it was called directly
	leave  Leave  // asks the holder to release; nil if there is nowhere else to go
	asked  bool   // guarded by pins.mu
	over   atomic.Bool
}

// Leave is called when the pinned version is to go: what the holder can take along it takes, by
// ctx's end at the latest, and releases the pin. It does not wait; the channel is closed when the
// holder has done what it can, and may be nil.
type Leave func(ctx context.Context) (done <-chan struct{})

// ErrStandsStill: the version's state is being handed over, or another takes over from it. See
// [Pin.Await].
var ErrStandsStill = errors.New("the version stands still")

// pins are those of a target.
type pins struct {
	mu    rank.Mutex[rank.Pins]
	live  map[*Pin]struct{}
	over  bool          // there can be no more
	empty chan struct{} // closed when live is empty; nil unless somebody waits
	ended chan struct{} // closed when all are over
}

// EnterPin enters for a call, whose arguments are put into the lease, and pins its version.
func (b *Binding) EnterPin(ctx context.Context, leave Leave) (*Lease, *Pin, error) {
	for {
		in, err := b.Enter(ctx)
		if err != nil {
			return nil, nil, err
		}
		t := in.Value.fn.target
		p := &Pin{target: t, route: b.route, leave: leave}
		if b.route == nil {
			p.leave = nil
		}
		if t.pins.add(p) {
			return in, p, nil
		}
		in.Value.Release()
		t.leaveUncounted(in) // it has waited long enough, or has crashed meanwhile
		runtime.Gosched()
	}
}

// Another is a further pin of the same version.
func (p *Pin) Another(leave Leave) (*Pin, error) {
	next := &Pin{target: p.target, route: p.route, leave: leave}
	if p.leave == nil {
		next.leave = nil
	}
	if p.over.Load() || !p.target.pins.add(next) {
		return nil, p.target.closedError()
	}
	return next, nil
}

func (ps *pins) add(p *Pin) bool {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if ps.over {
		return false
	}
	if ps.live == nil {
		ps.live = map[*Pin]struct{}{}
	}
	ps.live[p] = struct{}{}
	return true
}

// Release ends the pin. Calls through it that are inside keep their places. Releasing twice is
// harmless.
func (p *Pin) Release() {
	if p.over.Swap(true) {
		return
	}
	ps := &p.target.pins
	ps.mu.Lock()
	defer ps.mu.Unlock()
	delete(ps.live, p)
	if len(ps.live) == 0 && ps.empty != nil {
		close(ps.empty)
		ps.empty = nil
	}
}

// Ended reports whether the version can't be called through the pin any more.
func (p *Pin) Ended() bool { return p.over.Load() || p.target.Dead() }

// Over is closed when the version waits for nobody any longer, or, a moment later, has crashed.
func (p *Pin) Over() <-chan struct{} { return p.target.pins.ended }

// Left reports whether other versions serve in place of the pinned one.
func (p *Pin) Left() bool {
	if p.route == nil {
		return false
	}
	t, d := p.route.current.Load(), p.route.diversion.Load()
	return t != nil && t != p.target && (d == nil || d.Target != p.target)
}

// Enter goes into the pinned version for a call of b. The caller calls [Finish]. The error is
// ErrStandsStill if it is to be tried again after Await: who waits must not be in the way of what
// it waits for.
func (p *Pin) Enter(ctx context.Context, b *Binding) (*Lease, error) {
	done := ctx.Done()
	if err := ctx.Err(); done != nil && err != nil {
		return nil, err
	}
	s, err := p.enter(ctx)
	if err != nil {
		return nil, err
	}
	return p.begin(s, b, b.limit, done != nil)
}

// EnterLeaving is Enter for who was asked to leave. It does not wait for a state to be
// handed over, as the version may be about to stop, and then nobody else calls. If ctx has a
// deadline, that is the only limit.
func (p *Pin) EnterLeaving(ctx context.Context, b *Binding) (*Lease, error) {
	s, ok := p.target.gate.EnterOwner()
	if !ok || p.over.Load() {
		if ok {
			p.target.leaveUncounted(s)
		}
		return nil, p.target.closedError()
	}
	limit := b.limit
	if _, ok := ctx.Deadline(); ok {
		limit = 0
	}
	return p.begin(s, b, limit, ctx.Done() != nil)
}

// begin makes a call of b of the lease.
func (p *Pin) begin(s *Lease, b *Binding, limit time.Duration, canEnd bool) (*Lease, error) {
	fn := b.fixed
	if b.route != nil {
		fn = (*p.target.bound.Load())[b.index]
	}
	if fn == nil {
		p.target.leaveUncounted(s)
		return nil, &life.Error{Name: p.target.Name, Version: p.target.Version, Step: life.StepCall, Reason: life.ErrFunction, Cause: errors.New(b.Name)}
	}
	s.Value.begin(fn, limit, canEnd, b.stays)
	return s, nil
}

func (p *Pin) enter(ctx context.Context) (*Lease, error) {
	t := p.target
	if p.over.Load() {
		return nil, t.closedError()
	}
	s, full, err := t.await(ctx)
	switch {
	case err == nil:
		return s, nil
	case full, t.End.Happened():
		return nil, err
	case p.serves():
		return nil, ErrStandsStill
	}
	// Others go elsewhere. Counted first, then looked: who ends the pin does both the other
	// way round.
	s, full, err = t.awaitClosed(ctx)
	switch {
	case err == nil && !p.over.Load():
		return s, nil
	case err == nil:
		t.leaveUncounted(s)
	case full:
		return nil, err
	}
	return nil, t.closedError()
}

// serves reports whether calls go to the pinned version.
func (p *Pin) serves() bool { return p.route != nil && p.route.current.Load() == p.target }

// Await waits while the version stands still, until ctx ends.
func (p *Pin) Await(ctx context.Context) error {
	for p.serves() && p.target.gate.Closed() && !p.Ended() {
		if err := p.route.Owner.Closed(ctx); err != nil {
			return err
		}
		runtime.Gosched()
	}
	return nil
}

// EnterStream is Enter for a call that opens a stream, which the caller does.
func (p *Pin) EnterStream(ctx context.Context, b *Binding) (*Lease, *stream, error) {
	in, err := p.Enter(ctx, b)
	if err != nil {
		return nil, nil, err
	}
	held, ok := p.target.gate.EnterBeyond()
	if !ok {
		held, ok = p.target.gate.EnterOwner()
	}
	if !ok {
		in.Value.Release()
		p.target.leaveUncounted(in)
		return nil, nil, p.target.closedError()
	}
	return in, p.target.openStream(ctx, b.Name, held), nil
}

// How many holders are asked at the same time. One that takes longer than askPatience counts no
// more, so that it does not keep the others; but it has a thread, so only mostHung do so.
const (
	asked       = 16
	askPatience = 100 * time.Millisecond
	mostHung    = 256
)

// AskHolders asks everybody who has pinned the version, and can go elsewhere, to do so, and
// waits until they have, or ctx ends. Nobody is asked twice.
func (t *Target) AskHolders(ctx context.Context) {
	var ask []*Pin
	t.pins.mu.Lock()
	for p := range t.pins.live {
		if p.leave != nil && !p.asked {
			p.asked = true
			ask = append(ask, p)
		}
	}
	t.pins.mu.Unlock()
	places := make(chan struct{}, asked)
	var hung atomic.Int64
	var answers sync.WaitGroup
	for _, p := range ask {
		places <- struct{}{}
		answers.Go(func() {
			giveBack := sync.OnceFunc(func() { <-places })
			slow := time.AfterFunc(askPatience, func() {
				if hung.Add(1) <= mostHung {
					giveBack()
				}
			})
			done := p.leave(ctx)
			if !slow.Stop() {
				hung.Add(-1)
			}
			giveBack()
			if done != nil {
				select {
				case <-done:
				case <-ctx.Done():
				}
			}
		})
	}
	answers.Wait()
}

// AwaitHolders waits until nobody pins the version, or ctx ends, and lets nobody pin it from
// then on. It returns how many did not release it, and have lost their objects.
//
// Objects that nobody refers to are released when the garbage collector finds that out, which
// may take minutes, so it is told to look.
func (t *Target) AwaitHolders(ctx context.Context) (lost int) {
	ps := &t.pins
	ps.mu.Lock()
	for pause := time.Second; len(ps.live) > 0 && ctx.Err() == nil; pause *= 2 {
		if ps.empty == nil {
			ps.empty = make(chan struct{})
		}
		empty := ps.empty
		ps.mu.Unlock()
		runtime.GC()
		select {
		case <-empty:
		case <-time.After(pause):
		case <-ctx.Done():
		}
		ps.mu.Lock()
	}
	ps.mu.Unlock()
	return t.EndPins()
}

// EndPins ends all pins, for good, and returns how many there were.
func (t *Target) EndPins() (ended int) {
	ps := &t.pins
	ps.mu.Lock()
	live := ps.live
	first := !ps.over
	ps.live, ps.over = nil, true
	if ps.empty != nil {
		close(ps.empty)
		ps.empty = nil
	}
	ps.mu.Unlock()
	for p := range live {
		p.over.Store(true)
	}
	if first {
		close(ps.ended)
	}
	return len(live)
}

// AwaitEmpty waits until nobody is inside a closed target, or ctx ends. Unlike Drain it sees calls
// through pins and control calls, which come in all the same.
func (t *Target) AwaitEmpty(ctx context.Context) error {
	for pause := 50 * time.Microsecond; t.gate.InFlight() > 0; pause = min(2*pause, 10*time.Millisecond) {
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
