package gate

import (
	"sync"
	"sync/atomic"
)

const (
	// rowCount is how many processors (Ps of Go's scheduler) have leases of their own.
	rowCount = 64
	// rowLeases is how many calls at a time find a lease on the processor where they came
	// in. There are several at a time if calls block, or if the scheduler has taken the
	// processor away from them.
	rowLeases = 4
	// rowSize is two cache lines: amd64 fetches them in pairs, and neighbours that
	// share a pair measured as slow as if they shared a line.
	rowSize = 128
)

// A row has the leases of one processor: only a caller pinned to it takes one.
type row[T any] struct {
	first  atomic.Pointer[Lease[T]]
	leases atomic.Int32 // at most rowLeases
	extra  atomic.Int64 // callers inside who came in here and found no lease
	left   atomic.Uint64
	_      [rowSize - 32]byte
}

// A Lease is a caller's place inside, with a T that the caller has for itself. The
// next caller finds the T as this one left it, mostly on the same processor:
// uncontended, and in the core's cache.
type Lease[T any] struct {
	left  uint64 // how many callers have left it; written by the caller who has it
	state uint32 // one of those below
	next  atomic.Pointer[Lease[T]]
	extra *row[T]    // for one that is in no row: where it is counted
	home  *sync.Pool // ... and where it waits for the next one
	Value T
	_     [rowSize]byte // nobody else's in this line
}

// Spare reports whether the lease is in no row: it is garbage once nobody needs it. Only
// the caller who has the lease may ask.
func (s *Lease[T]) Spare() bool { return s.extra != nil }

const (
	free = iota
	taken
	abandoned
)

// take reports whether the lease was free; it is the caller's then. The caller is pinned
// to the lease's processor, so nobody else can take it meanwhile.
func (s *Lease[T]) take() bool {
	if !asymmetric {
		return atomic.CompareAndSwapUint32(&s.state, free, taken)
	}
	if s.state != free {
		return false
	}
	s.state = taken
	return true
}

// search finds a lease: one that comes after s in its row, as s is taken, or else one
// from outside the row, unless the gate is full. The caller is pinned when search
// begins, and when it returns a lease.
func (g *Gate[T]) search(s *Lease[T]) *Lease[T] {
	for ; s != nil; s = s.next.Load() {
		if s.take() {
			return s
		}
	}
	// A lease that was once in no row remains so, as another row may be counting it. So if
	// there is room in the row, it takes a new one.
	full := g.rowIsFull(procPin())
	procUnpin()
	procUnpin()
	if !g.reserve() {
		return nil
	}
	s = nil
	if full {
		s, _ = g.spare.Get().(*Lease[T])
	}
	if s == nil {
		s = new(Lease[T])
	}
	atomic.StoreUint32(&s.state, taken)
	p := procPin()
	if s.extra == nil && !g.rowIsFull(p) && g.keep() {
		r := &g.rows[p]
		r.leases.Add(1)
		s.next.Store(r.first.Load())
		r.first.Store(s)
	} else {
		g.count(s, &g.spare, p)
	}
	return s
}

// rowIsFull reports whether processor p can have no further lease.
func (g *Gate[T]) rowIsFull(p int) bool {
	return p >= rowCount || g.noRows || g.rows[p].leases.Load() >= rowLeases
}

// count keeps s out of the rows, and counts it at that of processor p.
func (g *Gate[T]) count(s *Lease[T], home *sync.Pool, p int) {
	s.extra, s.home = &g.rows[min(p, rowCount)], home
	s.extra.extra.Add(1)
}

// kept is how many leases are in rows.
func (g *Gate[T]) kept() (n int64) {
	for i := range g.rows {
		n += int64(g.rows[i].leases.Load())
	}
	return n
}
