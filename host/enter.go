package host

import (
	"context"
	"runtime"
)

// enter goes through the gate, whose caller leaves it.
func (l *Library) enter(context.Context) (*Library, *seat, error) {
	s, ok := l.gate.Enter()
	if !ok {
		return nil, nil, l.closedError()
	}
	return l, s, nil
}

// enter goes through the gate of the version that the call is for: the current one,
// or the canary.
func (s *Slot) enter(ctx context.Context) (*Library, *seat, error) {
	for {
		lib := s.current.Load()
		if lib == nil {
			return nil, nil, s.emptyError()
		}
		if c := s.canary.Load(); c != nil && c.takes(ctx) {
			if in, ok := c.lib.gate.Enter(); ok {
				return c.lib, in, nil
			}
			// It crashed or was aborted: the call goes on as all others.
		}
		if in, ok := lib.gate.Enter(); ok {
			return lib, in, nil
		}
		// A closed gate means that a successor was published before it
		// closed, or that the version crashed and one is on its way.
		if s.current.Load() != lib {
			continue
		}
		for _, over := range []<-chan struct{}{s.paused.Load().ended(), s.recovered()} {
			select {
			case <-over:
			case <-ctx.Done():
				return nil, nil, ctx.Err()
			}
		}
		runtime.Gosched()
	}
}
