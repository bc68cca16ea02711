// Package gate counts the calls that are inside a version and lets its owner
// shut the door: no new call comes in, and the owner learns when the last one
// is out. Entering and leaving cost a few plain instructions each: no lock, no
// allocation, and where the system allows it no atomic operation.
package gate

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/hotso/hotso/host/internal/rank"
)

var (
	// ErrOpen is returned by [Gate.Wait] on a gate that nobody closed: it
	// could not become empty for good.
	ErrOpen = errors.New("gate: wait on an open gate; close it first")
	// ErrReopened is returned by [Gate.Wait] when [Gate.Reopen] ended the
	// wait before the gate was empty.
	ErrReopened = errors.New("gate: reopened while waiting for it to drain")
)

// A Gate has callers, who may be any number of goroutines:
//
//	lease, ok := g.Enter()
//	if !ok {
//		return ErrClosed // the owner has closed it: go to the current version
//	}
//	defer g.Leave(lease)
//	// Inside: what the gate protects stays until Leave.
//
// and an owner, who takes away what the gate protects:
//
//	g.Close()                          // from here on, Enter fails
//	if err := g.Wait(ctx); err != nil {
//		return err                 // someone is still inside: keep everything
//	}
//	// Nobody is inside, and nobody will be.
//
// The zero Gate is open. All methods may be used from any goroutine. A Gate is
// 8 KiB and must not be copied after its first use.
//
// A caller takes a lease and then looks whether the gate is closed; the owner closes
// the gate and then looks at the leases. Without a memory barrier between the two steps
// on either side, each could miss what the other has done. Callers come by the
// million and the owner seldom, so the owner pays for both: [fence] brings the
// barrier to where the callers are.
type Gate[T any] struct {
	closed atomic.Bool
	sealed atomic.Bool
	_      [rowSize - 8]byte    // callers read closed; nobody writes near it
	rows   [rowCount + 1]row[T] // the last for all further processors, and without leases

	limits []*Limit // of those inside
	noRows bool     // no lease is kept for a processor
	freed  bool     // the places of those in rows were given back; guarded by mu

	// Leases that are in no row, one pool for each way in: a caller who gets one of those
	// never has one in a row of its processor.
	spare, beyond, owners, guests sync.Pool

	mu      rank.Mutex[rank.Gate]
	closure *closure // nil while the gate is open; guarded by mu

	idle []*Lease[T] // that are assigned to no thread any more; guarded by mu
}

// A closure is the time from one Close to the next Reopen.
type closure struct {
	over    chan struct{} // closed when the gate is empty or open again
	drained bool          // which of the two; written before over is closed
}

// Enter lets the caller in unless the gate is closed, or full. It never blocks.
func (g *Gate[T]) Enter() (s *Lease[T], ok bool) {
	if g.closed.Load() {
		return nil, false
	}
	if p := uint(procPin()); p < rowCount {
		s = g.rows[p].first.Load()
	}
	if s == nil || !s.take() {
		return g.enterBySearch(s)
	}
	procUnpin()
	// This load is atomic, so the compiler keeps it behind the store in take.
	if g.closed.Load() {
		g.turn(s)
		return nil, false
	}
	return s, true
}

// enterBySearch is Enter on a processor whose first lease, s, is taken, or which has none.
// The caller is pinned.
//
//go:noinline
func (g *Gate[T]) enterBySearch(s *Lease[T]) (*Lease[T], bool) {
	if s = g.search(s); s == nil { // full, and not pinned
		return nil, false
	}
	procUnpin()
	if g.closed.Load() {
		g.turn(s)
		return nil, false
	}
	return s, true
}

// turn sends away a caller who came too late.
func (g *Gate[T]) turn(s *Lease[T]) {
	if s.extra != nil {
		s.extra.extra.Add(-1)
		release(g.limits, 1)
	} else {
		atomic.StoreUint32(&s.state, free)
	}
	g.leaveClosed()
}

// Leave ends what an Enter began, on any goroutine; what the caller did inside
// happens before a Wait that returns nil. The lease is another caller's from here on.
// The last one out of a closed gate wakes those who wait.
func (g *Gate[T]) Leave(s *Lease[T]) {
	switch {
	case atomic.LoadUint32(&s.state) != taken:
		panic("gate: Leave without Enter")
	case s.extra != nil:
		atomic.StoreUint32(&s.state, free)
		s.extra.left.Add(1)
		s.extra.extra.Add(-1)
		limited := s.home != &g.owners
		s.home.Put(s)
		if limited {
			release(g.limits, 1)
		}
	case asymmetric:
		s.left++
		s.state = free
	default:
		atomic.AddUint64(&s.left, 1)
		atomic.StoreUint32(&s.state, free)
	}
	if g.closed.Load() {
		g.leaveClosed()
	}
}

// Abandon is Leave for a caller whose lease must never be taken again.
func (g *Gate[T]) Abandon(s *Lease[T]) {
	if s.extra != nil {
		s.extra.left.Add(1)
		s.extra.extra.Add(-1)
		if s.home != &g.owners {
			release(g.limits, 1)
		}
	} else {
		atomic.AddUint64(&s.left, 1)
		atomic.StoreUint32(&s.state, abandoned)
	}
	if g.closed.Load() {
		g.leaveClosed()
	}
}

// leaveClosed keeps the rare part, with its defer, out of Leave.
//
//go:noinline
func (g *Gate[T]) leaveClosed() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.settle()
}

// Close shuts the gate. When it returns, every Enter has either succeeded
// before, and Wait waits for its Leave, or fails. Closing twice is harmless.
func (g *Gate[T]) Close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closure != nil {
		return
	}
	g.closure = &closure{over: make(chan struct{})}
	g.closed.Store(true)
	// Whoever comes in now is either seen in a lease, or sees that the gate is
	// closed.
	fence()
	g.settle()
	for _, l := range g.limits {
		l.wakeAll() // to go elsewhere
	}
}

// settle ends the closure if the gate is empty. It is called with mu held, by
// Close and by everyone who leaves a closed gate. The last of these looks after
// all the others have given up their leases, so no wake-up is lost.
func (g *Gate[T]) settle() {
	if g.closure == nil || g.closure.drained {
		return
	}
	if g.InFlight() == 0 {
		g.closure.drained = true
		close(g.closure.over)
	}
}

// Reopen lets callers in again, so that a version that was kept warm can be
// rolled back to. Those inside stay inside; a Wait that has not seen the gate
// empty ends with [ErrReopened]. Reopening an open gate is harmless.
func (g *Gate[T]) Reopen() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closure == nil {
		return
	}
	g.closed.Store(false)
	if !g.closure.drained {
		close(g.closure.over)
	}
	g.closure = nil
}

// EnterOwner lets the owner in, who may enter a closed gate: to look after what it
// protects, while callers must not. Like a caller the owner leaves, and counts as one
// inside until then. It fails, and never blocks, once the gate is sealed. It says
// nothing of whether a Wait has ended before.
func (g *Gate[T]) EnterOwner() (s *Lease[T], ok bool) { return g.enterAsOwner(&g.owners) }

func (g *Gate[T]) enterAsOwner(home *sync.Pool) (s *Lease[T], ok bool) {
	s, _ = home.Get().(*Lease[T])
	if s == nil {
		s = &Lease[T]{extra: &g.rows[rowCount], home: home}
	}
	atomic.StoreUint32(&s.state, taken)
	// Counted, then looked: Seal does both the other way round, so that one of the two
	// sees the other.
	s.extra.extra.Add(1)
	if g.sealed.Load() {
		s.extra.extra.Add(-1)
		home.Put(s)
		return nil, false
	}
	return s, true
}

// Seal refuses the owner as well, for good, and reports whether nobody is inside a
// closed gate: then nobody will ever be. If it is false, somebody is, and Seal is to
// be called again.
func (g *Gate[T]) Seal() (empty bool) {
	g.sealed.Store(true)
	if !g.closed.Load() || g.InFlight() != 0 {
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.freed {
		g.freed = true
		kept := g.kept()
		g.addKept(-kept)
		release(g.limits, kept)
	}
	return true
}

// Wait returns nil once the gate is closed and empty of callers. It returns [ErrOpen] if
// the gate is open, [ErrReopened] if it is opened meanwhile, and an error that
// wraps ctx's when ctx ends first; then the gate stays closed and Wait may be
// called again.
func (g *Gate[T]) Wait(ctx context.Context) error {
	g.mu.Lock()
	c := g.closure
	g.mu.Unlock()
	if c == nil {
		return ErrOpen
	}
	select {
	case <-c.over:
	default:
		select {
		case <-c.over:
		case <-ctx.Done():
			return fmt.Errorf("gate: %d calls still inside: %w", g.InFlight(), context.Cause(ctx))
		}
	}
	if !c.drained {
		return ErrReopened
	}
	return nil
}

// Closed reports whether the gate is closed.
func (g *Gate[T]) Closed() bool { return g.closed.Load() }

// Drained reports whether the gate is closed and empty.
func (g *Gate[T]) Drained() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.closure != nil && g.closure.drained
}

// InFlight returns the number of callers inside. While others enter and leave
// it is a close estimate, not the count of one moment. On a closed gate 0 means
// that nobody is inside, and nobody will be: from then on leases are only given up, or
// taken for a moment by callers who then see that the gate is closed.
func (g *Gate[T]) InFlight() (n int64) {
	for i := range g.rows {
		r := &g.rows[i]
		n += r.extra.Load()
		for s := r.first.Load(); s != nil; s = s.next.Load() {
			if atomic.LoadUint32(&s.state) == taken {
				n++
			}
		}
	}
	return n
}

// Left returns how many callers have been inside and left.
func (g *Gate[T]) Left() (n int64) {
	for i := range g.rows {
		r := &g.rows[i]
		n += int64(r.left.Load())
		for s := r.first.Load(); s != nil; s = s.next.Load() {
			n += int64(atomic.LoadUint64(&s.left))
		}
	}
	return n
}
