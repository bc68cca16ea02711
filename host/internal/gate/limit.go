package gate

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"github.com/hotso/hotso/host/internal/rank"
)

var (
	// ErrClosed is returned by [Gate.EnterWithin] on a closed gate.
	ErrClosed = errors.New("gate: closed")
	// ErrFull is returned by [Gate.EnterWithin] when a limit let nobody in for as long
	// as the caller would wait.
	ErrFull = errors.New("gate: full")
)

// A Limit bounds how many callers are inside of one gate, or of several that share it.
// Nobody is let in beyond it; see [Gate.SetLimits] for what counts. Its methods may be
// used from any goroutine.
type Limit struct {
	max     int64
	taken   atomic.Int64
	kept    atomic.Int64 // by the leases in rows
	waiting atomic.Int32 // those in queue: who leaves takes the lock for them only

	mu    rank.Mutex[rank.Limit]
	queue []chan struct{} // first come, first woken; closed to wake
}

// NewLimit returns a limit of n callers.
func NewLimit(n int) *Limit { return &Limit{max: int64(n)} }

// take reports whether there was a place, which is the caller's then.
func (l *Limit) take() bool {
	// Never beyond max and back: who is woken by a place that is none would wake the next.
	for {
		n := l.taken.Load()
		if n >= l.max {
			return false
		}
		if l.taken.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// give returns n places.
func (l *Limit) give(n int64) {
	l.taken.Add(-n)
	for ; n > 0 && l.waiting.Load() > 0; n-- {
		l.wake(1)
	}
}

// wake has the first n who wait look again.
func (l *Limit) wake(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for ; n > 0 && len(l.queue) > 0; n-- {
		close(l.queue[0])
		l.queue = slices.Delete(l.queue, 0, 1)
		l.waiting.Add(-1)
	}
}

// wakeAll has everybody who waits look again.
func (l *Limit) wakeAll() { l.wake(int(l.waiting.Load())) }

// join queues the caller, who then tries once more before it waits: a place that was
// given back in between woke nobody.
func (l *Limit) join() chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	woken := make(chan struct{})
	l.queue = append(l.queue, woken)
	l.waiting.Add(1)
	return woken
}

// quit takes the caller out of the queue. If it was woken, for a place that it may not
// have taken, the next one is.
func (l *Limit) quit(woken chan struct{}) {
	l.mu.Lock()
	i := slices.Index(l.queue, woken)
	if i >= 0 {
		l.queue = slices.Delete(l.queue, i, i+1)
		l.waiting.Add(-1)
	}
	l.mu.Unlock()
	if i < 0 {
		l.pass()
	}
}

// pass has the next one look, for a caller who was woken and may not have taken the place.
func (l *Limit) pass() {
	if l.taken.Load() < l.max {
		l.wake(1)
	}
}

// SetLimits bounds how many are inside, by each of the limits. It must be called before
// anyone enters. Leases that the gate keeps for a processor count whether taken or not,
// so that to take one needs no look at the limits; a gate with a limit below [exact]
// keeps none. Together the gates that share a limit keep about the half of it at most, or
// those where nobody is inside would in the end leave no place for the others. The owner's
// leases don't count. Seal gives back what the kept ones hold.
func (g *Gate[T]) SetLimits(limits ...*Limit) {
	g.limits = limits
	g.noRows = slices.ContainsFunc(limits, func(l *Limit) bool { return l.max < exact })
}

// exact is the limit from which on leases are kept: those of one gate are the half of it
// at most.
const exact = 2 * rowCount * rowLeases

// keep reports whether one more lease may be kept for a processor. It does not block.
func (g *Gate[T]) keep() bool {
	for _, l := range g.limits {
		if l.kept.Load() >= l.max/2 {
			return false
		}
	}
	g.addKept(1)
	return true
}

func (g *Gate[T]) addKept(n int64) {
	for _, l := range g.limits {
		l.kept.Add(n)
	}
}

// reserve takes a place of each limit, or of none, and reports which.
func (g *Gate[T]) reserve() bool {
	for i, l := range g.limits {
		if !l.take() {
			release(g.limits[:i], 1)
			return false
		}
	}
	return true
}

// release gives back n places of each limit.
func release(limits []*Limit, n int64) {
	for _, l := range limits {
		l.give(n)
	}
}

// full returns the first limit that has no place, or nil.
func (g *Gate[T]) full() *Limit {
	for _, l := range g.limits {
		if l.taken.Load() >= l.max {
			return l
		}
	}
	return nil
}

// EnterWithin is Enter, which waits up to patience, and until ctx ends, while the gate
// is full. The error is [ErrClosed], [ErrFull], or [ErrFull] with that of ctx.
func (g *Gate[T]) EnterWithin(ctx context.Context, patience time.Duration) (*Lease[T], error) {
	if s, ok := g.Enter(); ok {
		return s, nil
	}
	return g.enterWithin(ctx, patience, g.Enter, &g.closed)
}

// EnterClosedWithin is EnterWithin for callers whom the owner lets in where the owner may enter: also
// while the gate is closed, until it is sealed.
func (g *Gate[T]) EnterClosedWithin(ctx context.Context, patience time.Duration) (*Lease[T], error) {
	return g.enterWithin(ctx, patience, g.enterClosed, &g.sealed)
}

func (g *Gate[T]) enterClosed() (*Lease[T], bool) {
	if !g.reserve() {
		return nil, false
	}
	s, ok := g.enterAsOwner(&g.guests)
	if !ok {
		release(g.limits, 1)
	}
	return s, ok
}

// enterWithin tries one way in, which is shut when that is set.
func (g *Gate[T]) enterWithin(ctx context.Context, patience time.Duration, enter func() (*Lease[T], bool), shut *atomic.Bool) (*Lease[T], error) {
	var late <-chan time.Time // of the first wait, for all
	var woke *Limit           // the one that woke the caller
	for {
		if s, ok := enter(); ok {
			return s, nil
		}
		if woke != nil {
			woke.pass() // another limit has no place
		}
		if shut.Load() {
			return nil, ErrClosed
		}
		l := g.full()
		if l == nil {
			continue // there is a place again
		}
		if patience <= 0 {
			return nil, ErrFull
		}
		if late == nil {
			timer := time.NewTimer(patience)
			defer timer.Stop()
			late = timer.C
		}
		woken := l.join()
		if s, ok := enter(); ok {
			l.quit(woken)
			return s, nil
		}
		if shut.Load() {
			l.quit(woken)
			return nil, ErrClosed
		}
		select {
		case <-woken:
			woke = l
		case <-late:
			l.quit(woken)
			return nil, ErrFull
		case <-ctx.Done():
			l.quit(woken)
			return nil, errors.Join(ErrFull, ctx.Err())
		}
	}
}

// EnterBeyond is Enter for a caller who is counted, but not refused, by the limits: who
// has a place already that it will give up for this one.
func (g *Gate[T]) EnterBeyond() (*Lease[T], bool) {
	if g.closed.Load() {
		return nil, false
	}
	for _, l := range g.limits {
		l.taken.Add(1)
	}
	s, _ := g.beyond.Get().(*Lease[T])
	if s == nil {
		s = new(Lease[T])
	}
	atomic.StoreUint32(&s.state, taken)
	p := procPin()
	g.count(s, &g.beyond, p)
	procUnpin()
	if g.closed.Load() {
		g.turn(s)
		return nil, false
	}
	return s, true
}
