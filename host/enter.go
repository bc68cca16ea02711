package host

import (
	"context"
	"runtime"

	"github.com/hotso/hotso/host/internal/call"
)

// enter goes through the gate of the version that the call is for: the current one,
// or the canary. The gate may have a frame for the call.
func (s *Slot) enter(ctx context.Context) (*Library, *call.Frame, error) {
	for {
		lib := s.current.Load()
		if lib == nil {
			return nil, nil, s.emptyError()
		}
		if c := s.canary.Load(); c != nil && c.takes(ctx) {
			if frame, ok := c.lib.gate.Enter(); ok {
				return c.lib, frame, nil
			}
			// It crashed or was aborted: the call goes on as all others.
		}
		if frame, ok := lib.gate.Enter(); ok {
			return lib, frame, nil
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
