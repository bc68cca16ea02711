package gate

import "unsafe"

// An assigned lease is one for a thread outside of Go, which takes it and gives it back by itself, with the plain
// instructions of Enter and Leave:
//
//	if *closed or *state != 0, go another way
//	*state = 1
//	if *closed { *state = 0; Settle }
//	...
//	*left += 1; *state = 0
//	if *closed { Settle }
//
// The fence of Close reaches such a thread as it reaches every other.

// Assign returns a lease for a thread outside of Go to keep, or nil: the gate is closed, callers need
// atomic instructions here, or all that may be kept are. It counts towards the limits, taken or not, as those do
// that are kept for a processor.
func (g *Gate[T]) Assign() *Lease[T] {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !asymmetric || g.noRows || g.closure != nil {
		return nil
	}
	if n := len(g.idle); n > 0 {
		s := g.idle[n-1]
		g.idle = g.idle[:n-1]
		return s
	}
	if !g.reserve() {
		return nil
	}
	if !g.keep() {
		release(g.limits, 1)
		return nil
	}
	s := new(Lease[T])
	r := &g.rows[rowCount] // where no processor looks for one
	r.leases.Add(1)
	s.next.Store(r.first.Load())
	r.first.Store(s)
	return s
}

// Unassign takes a lease back, which is not taken, or was abandoned.
func (g *Gate[T]) Unassign(s *Lease[T]) {
	if s.state != free {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.idle = append(g.idle, s)
}

// Settle is to be called by a thread with an assigned lease that has given it back and finds the gate closed.
func (g *Gate[T]) Settle() { g.leaveClosed() }

// Addresses are those by which a thread takes an assigned lease: closed and state have 4 bytes, and left has 8.
func (g *Gate[T]) Addresses(s *Lease[T]) (closed, state, left unsafe.Pointer) {
	return unsafe.Pointer(&g.closed), unsafe.Pointer(&s.state), unsafe.Pointer(&s.left)
}

// Taken reports whether an assigned lease is, by the thread that asks.
func (s *Lease[T]) Taken() bool { return s.state == taken }
