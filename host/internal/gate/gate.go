// Package gate counts the calls that are inside a version and lets its owner
// shut the door: no new call comes in, and the owner learns when the last one
// is out. Entering and leaving are two uncontended atomic operations, without
// locks and without allocation.
package gate

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"unsafe"
)

var (
	// ErrOpen is returned by [Gate.Wait] on a gate that nobody closed: it
	// could not become empty for good.
	ErrOpen = errors.New("gate: wait on an open gate; close it first")
	// ErrReopened is returned by [Gate.Wait] when [Gate.Reopen] ended the
	// wait before the gate was empty.
	ErrReopened = errors.New("gate: reopened while waiting for it to drain")
)

// A shard's state is organized as follows:
//
//	 63     62 ........................................... 0
//	+------+-----------------------------------------------+
//	|closed| number of callers inside that came in here    |
//	+------+-----------------------------------------------+
//
// While closed is set, the count only falls: Enter adds to it with a
// compare-and-swap from a state without the bit. So once every shard has the
// bit, a shard that was seen empty stays empty, and looking at one shard after
// the other is as good as looking at all of them at once.
const (
	closedBit = 1 << 63
	countMask = closedBit - 1
	// maxCount is far above any number of callers and far below closedBit,
	// so that one comparison in Leave finds everything unusual.
	maxCount = 1 << 32
)

const (
	shardBits  = 6
	shardCount = 1 << shardBits
	// Two cache lines: amd64 fetches them in pairs, and neighbours that share
	// a pair measured as slow as if they shared a line.
	shardSize = 128
)

type shard struct {
	state atomic.Uint64
	_     [shardSize - 8]byte
}

// A Gate has callers, who may be any number of goroutines:
//
//	s, ok := g.Enter()
//	if !ok {
//		return ErrClosed // the owner has closed it: go to the current version
//	}
//	defer g.Leave(s)
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
type Gate struct {
	shards [shardCount]shard

	mu      sync.Mutex
	closure *closure // nil while the gate is open; guarded by mu
}

// A closure is the time from one Close to the next Reopen.
type closure struct {
	over    chan struct{} // closed when the gate is empty or open again
	drained bool          // which of the two; written before over is closed
}

// Shard says through which counter a caller came in. It belongs to one Leave.
type Shard uint32

// Shards is how many counters a gate has.
const Shards = shardCount

// alone marks a caller who found its counter at zero.
const alone Shard = 1 << 31

// Alone reports that nobody else was inside by this counter when the caller
// came in, and returns which of the Shards it is. Until the caller leaves, no
// one else gets true for it. So whatever there is one of per counter is the
// caller's alone between Enter and Leave, with the memory order of both:
//
//	s, ok := g.Enter()
//	...
//	if i, ok := s.Alone(); ok {
//		buffer = &buffers[i] // uncontended, and mostly in this core's cache
//	}
func (s Shard) Alone() (int, bool) { return int(s % shardCount), s&alone != 0 }

// Enter lets the caller in unless the gate is closed. It never blocks. The
// caller hands the shard back to [Gate.Leave], from any goroutine.
func (g *Gate) Enter() (Shard, bool) {
	for i := home(); ; i++ {
		state := &g.shards[i%shardCount].state
		old := state.Load()
		if old >= closedBit {
			return 0, false
		}
		if state.CompareAndSwap(old, old+1) {
			if old == 0 {
				return i%shardCount | alone, true
			}
			return i % shardCount, true
		}
		// Another core is working on this counter: use the next one
		// instead of fighting for it.
	}
}

// home picks the counter to try first. Running goroutines have different
// stacks, so the stack's address spreads them, and one goroutine mostly comes
// back to a line that its core still has. The runtime's minimum stack is 2 KiB;
// the multiplication (Knuth's, by 2^64 divided by the golden ratio) spreads
// the larger, equally aligned ones too.
func home() Shard {
	var here byte
	stack := uint64(uintptr(unsafe.Pointer(&here))) >> 11
	return Shard(stack * 0x9E3779B97F4A7C15 >> (64 - shardBits))
}

// Leave ends what the Enter that returned s began. The last one out of a
// closed gate wakes those who wait. A Leave without its Enter panics.
func (g *Gate) Leave(s Shard) {
	if g.shards[s%shardCount].state.Add(^uint64(0)) >= maxCount {
		g.leaveClosed(s)
	}
}

// leaveClosed keeps the rare part out of Leave, which is small enough for the
// compiler to inline.
//
//go:noinline
func (g *Gate) leaveClosed(s Shard) {
	state := &g.shards[s%shardCount].state
	now := state.Load()
	if now&countMask >= maxCount { // the count was zero
		state.Add(1)
		panic("gate: Leave without Enter")
	}
	if now == closedBit {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.settle()
	}
}

// Close shuts the gate. When it returns, every Enter has either succeeded
// before, and Wait waits for its Leave, or fails. Closing twice is harmless.
func (g *Gate) Close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closure != nil {
		return
	}
	g.closure = &closure{over: make(chan struct{})}
	for i := range g.shards {
		g.shards[i].state.Or(closedBit)
	}
	g.settle()
}

// settle ends the closure if the gate is empty. It is called with mu held, by
// Close and by every Leave that emptied a closed shard. The last of these
// looks after all the others have finished, so no wake-up is lost.
func (g *Gate) settle() {
	if g.closure == nil || g.closure.drained {
		return
	}
	for i := range g.shards {
		if g.shards[i].state.Load() != closedBit {
			return
		}
	}
	g.closure.drained = true
	close(g.closure.over)
}

// Reopen lets callers in again, so that a version that was kept warm can be
// rolled back to. Those inside stay inside; a Wait that has not seen the gate
// empty ends with [ErrReopened]. Reopening an open gate is harmless.
func (g *Gate) Reopen() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closure == nil {
		return
	}
	for i := range g.shards {
		g.shards[i].state.And(countMask)
	}
	if !g.closure.drained {
		close(g.closure.over)
	}
	g.closure = nil
}

// Wait returns nil once the gate is closed and empty. It returns [ErrOpen] if
// the gate is open, [ErrReopened] if it is opened meanwhile, and an error that
// wraps ctx's when ctx ends first; then the gate stays closed and Wait may be
// called again.
func (g *Gate) Wait(ctx context.Context) error {
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
func (g *Gate) Drained() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.closure != nil && g.closure.drained
}

// InFlight returns the number of callers inside. While others enter and leave
// it is a close estimate, not the count of one moment; it is never negative.
func (g *Gate) InFlight() int64 {
	var n uint64
	for i := range g.shards {
		n += g.shards[i].state.Load() & countMask
	}
	return int64(n)
}
