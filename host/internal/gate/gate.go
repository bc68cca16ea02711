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
)

var (
	// ErrOpen is returned by [Gate.Wait] on a gate that nobody closed: it
	// could not become empty for good.
	ErrOpen = errors.New("gate: wait on an open gate; close it first")
	// ErrReopened is returned by [Gate.Wait] when [Gate.Reopen] ended the
	// wait before the gate was empty.
	ErrReopened = errors.New("gate: reopened while waiting for it to drain")
)

const (
	shardCount = 64
	// Two cache lines: amd64 fetches them in pairs, and neighbours that share
	// a pair measured as slow as if they shared a line.
	shardSize = 128
)

// A shard belongs to one processor (a P of Go's scheduler): only who is pinned
// to it writes here. A caller may come in on one processor and leave on another,
// so nothing follows from one shard's counters; all of them together say how many
// are inside. Counters only grow.
type shard[T any] struct {
	_       [0]atomic.Uint64 // for its alignment, which 32-bit processors need
	in, out uint64
	spare   *T
	_       [shardSize - 24]byte
}

// A Gate has callers, who may be any number of goroutines:
//
//	spare, ok := g.Enter()
//	if !ok {
//		return ErrClosed // the owner has closed it: go to the current version
//	}
//	defer g.Leave(spare)
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
// Each processor keeps one T, from a Leave to the next Enter there: something that
// every caller needs, and that is uncontended and in the core's cache this way.
//
// The zero Gate is open. All methods may be used from any goroutine. A Gate is
// 8 KiB and must not be copied after its first use.
//
// A caller counts itself in and then looks whether the gate is closed; the owner
// closes the gate and then looks at the counters. So that not both miss the
// other, a memory barrier must stand between the two steps on either side. Callers
// come by the million and the owner seldom, so the owner pays for both: [fence]
// brings the barrier to where the callers are.
type Gate[T any] struct {
	closed atomic.Bool
	_      [shardSize - 4]byte      // callers read closed; nobody writes near it
	shards [shardCount + 1]shard[T] // the last for all further processors

	turned atomic.Uint64 // counted in and out, and never inside

	mu      sync.Mutex
	closure *closure // nil while the gate is open; guarded by mu
}

// A closure is the time from one Close to the next Reopen.
type closure struct {
	over    chan struct{} // closed when the gate is empty or open again
	drained bool          // which of the two; written before over is closed
}

// Enter lets the caller in unless the gate is closed. It never blocks. spare is
// the processor's T, the caller's alone until Leave, or nil if there is none.
func (g *Gate[T]) Enter() (spare *T, ok bool) {
	if g.closed.Load() {
		return nil, false
	}
	p := procPin()
	s := &g.shards[min(p, shardCount)]
	in, _ := s.load()
	if p < shardCount {
		spare, s.spare = s.spare, nil
	}
	if asymmetric && p < shardCount {
		s.in = in + 1
	} else {
		atomic.AddUint64(&s.in, 1)
	}
	closed := g.closed.Load() // an atomic load stays behind the store above
	procUnpin()
	if closed {
		g.turned.Add(1)
		_ = g.Leave(spare) // a gate that is closed needs none
		return nil, false
	}
	return spare, true
}

// Leave ends what an Enter began, on any goroutine; what the caller did inside
// happens before a Wait that returns nil. The processor keeps spare,
// which may be nil, for another caller; if it has one already, spare comes back.
// The last one out of a closed gate wakes those who wait.
func (g *Gate[T]) Leave(spare *T) (rest *T) {
	p := procPin()
	s := &g.shards[min(p, shardCount)]
	_, out := s.load()
	if p < shardCount && s.spare == nil {
		s.spare = spare
	} else {
		rest = spare
	}
	if asymmetric && p < shardCount {
		s.out = out + 1
	} else {
		atomic.AddUint64(&s.out, 1)
	}
	closed := g.closed.Load()
	procUnpin()
	if closed {
		g.leaveClosed()
	}
	return rest
}

// leaveClosed keeps the rare part, with its defer, out of Leave.
//
//go:noinline
func (g *Gate[T]) leaveClosed() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.settle()
}

// load reads both counters. That is the order of memory between those who have
// the spare one after the other, as far as the race detector is concerned: each
// has written one of the counters after it was done with spare.
func (s *shard[T]) load() (in, out uint64) {
	return atomic.LoadUint64(&s.in), atomic.LoadUint64(&s.out)
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
	// Whoever is pinned now is either seen in the counters, or sees that the
	// gate is closed.
	fence()
	g.settle()
}

// settle ends the closure if the gate is empty. It is called with mu held, by
// Close and by everyone who leaves a closed gate. The last of these looks after
// all the others have counted, so no wake-up is lost.
func (g *Gate[T]) settle() {
	if g.closure == nil || g.closure.drained {
		return
	}
	switch n := g.InFlight(); {
	case n < 0:
		panic("gate: Leave without Enter")
	case n == 0:
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

// Wait returns nil once the gate is closed and empty. It returns [ErrOpen] if
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

// Drained reports whether the gate is closed and empty.
func (g *Gate[T]) Drained() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.closure != nil && g.closure.drained
}

// InFlight returns the number of callers inside. While others enter and leave
// it is a close estimate, not the count of one moment. On a closed gate 0 means
// that nobody is inside, and nobody will be: who is counted out by the first loop
// is counted in by the second, so at the moment between the two there were no
// more inside than the difference.
func (g *Gate[T]) InFlight() int64 {
	var n uint64
	for i := range g.shards {
		n -= atomic.LoadUint64(&g.shards[i].out)
	}
	for i := range g.shards {
		n += atomic.LoadUint64(&g.shards[i].in)
	}
	return int64(n)
}

// Left returns how many callers have been inside and left.
func (g *Gate[T]) Left() (n int64) {
	n = -int64(g.turned.Load())
	for i := range g.shards {
		n += int64(atomic.LoadUint64(&g.shards[i].out))
	}
	return max(n, 0)
}
