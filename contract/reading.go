package contract

import "context"

// reading are the sequences and readers of an object that have not ended. Who has read them is gone
// before that: they learn of it a moment later, and may be in the object still.
type reading struct {
	n    int
	over chan struct{} // closed when n is 0 again
}

// reads notes that one of an object is read, until it is over; 0 is none.
func (s *Objects) reads(handle uint64) (over func()) {
	if handle == 0 {
		return func() {}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.read[handle]
	if r == nil {
		r = &reading{over: make(chan struct{})}
		s.read[handle] = r
	}
	r.n++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if r.n--; r.n == 0 {
			close(r.over)
			delete(s.read, handle)
		}
	}
}

// awaitUnread waits until none of an object is read, as no more are begun, or ctx ends.
func (s *Objects) awaitUnread(ctx context.Context, handle uint64) error {
	s.mu.Lock()
	r := s.read[handle]
	s.mu.Unlock()
	if r == nil {
		return nil
	}
	select {
	case <-r.over:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
