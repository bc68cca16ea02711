package host

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ErrHung: the call did not return by its deadline. The error is also that of
// the context. The call itself may still be inside: nothing can take one
// goroutine out of a living Go runtime. Its version is not unloaded before it
// returns, unless KillHung or ForceUnload end the version.
var ErrHung = errors.New("call hung")

// cancelGrace is how long a caller that stops waiting lets a library that was
// told so (cabi.Context) come back with an answer.
const cancelGrace = 20 * time.Millisecond

// A BindOption configures one bound function.
type BindOption func(*binding)

// Limit bounds every call of the function, as a context with that timeout does.
func Limit(d time.Duration) BindOption { return func(b *binding) { b.limit = d } }

// finish makes the call that in prepared, and leaves. A context that can end, or
// a limit, bounds it: then it runs on a goroutine of its own, which costs about a
// microsecond more, and the caller may leave it behind.
func finish[R any](ctx context.Context, in inside) (r R, err error) {
	if ctx.Done() == nil && in.limit == 0 {
		defer in.leave()
		err = in.fn.do(in.frame, unsafe.Pointer(&r))
		return r, err
	}
	// The result has a place of its own: the call may write to it when the
	// caller is long gone.
	result := new(R)
	if err := in.bounded(ctx, unsafe.Pointer(result)); err != nil {
		return r, err
	}
	return *result, nil
}

// A boundedCall is one whose caller may leave.
type boundedCall struct {
	in     inside
	done   chan error
	mu     sync.Mutex // held while thread is told to cancel, so that it is still in this call
	thread int        // of the call, 0 before and after
}

// bounded makes the call on another goroutine and waits for it or for ctx.
func (in inside) bounded(ctx context.Context, result unsafe.Pointer) error {
	if in.limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, in.limit)
		defer cancel()
	}
	c := &boundedCall{in: in, done: make(chan error, 1)}
	go c.run(result)
	select {
	case err := <-c.done:
		return err
	case <-ctx.Done():
	}
	go c.cancel()
	grace := time.NewTimer(cancelGrace)
	defer grace.Stop()
	select {
	case err := <-c.done:
		return err
	case <-grace.C:
	}
	lib := in.fn.lib
	if lib.conf.killHung {
		lib.kill(fmt.Sprintf("%s did not return by its deadline", in.fn.name))
	}
	return &Error{Name: lib.Name(), Version: lib.Version(), Step: StepCall, Reason: ErrHung,
		Cause: fmt.Errorf("%s: %w", in.fn.name, ctx.Err())}
}

func (c *boundedCall) run(result unsafe.Pointer) {
	defer c.in.leave()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	c.mu.Lock()
	c.thread = unix.Gettid()
	c.mu.Unlock()
	err := c.in.fn.do(c.in.frame, result)
	c.mu.Lock()
	c.thread = 0
	c.mu.Unlock()
	c.done <- err
}

// cancel tells the library that nobody waits for the call any more.
func (c *boundedCall) cancel() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.thread != 0 {
		_, _ = c.in.fn.lib.invoke(c.in.fn.lib.sym.cancel, uint64(c.thread))
	}
}
