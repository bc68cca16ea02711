package registry

import "context"

func init() { SetSettle(nil) }

// SetSettle has pushes wait for something else than time before they look back; nil is nothing.
func SetSettle(f func()) {
	settle = func(ctx context.Context) error {
		if f != nil {
			f()
		}
		return ctx.Err()
	}
}

// After is what a Retry-After means.
var After = after
