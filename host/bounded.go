package host

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
	"unsafe"
)

// ErrHung: the call did not return by its deadline. The error is also that of
// the context. The call itself may still be inside: nothing can take one
// goroutine out of a living Go runtime. Its version is not unloaded before it
// returns, unless KillHung or ForceUnload end the version, and it may still read
// the bytes and slices that were passed: leave them alone.
var ErrHung = errors.New("call hung")

// A BindOption configures one bound function.
type BindOption func(*binding)

// Limit bounds every call of the function, as a context with that timeout does. 0
// leaves it at CallTimeout.
func Limit(d time.Duration) BindOption {
	return func(b *binding) {
		if d != 0 {
			b.limit = d
		}
	}
}

// finishBounded makes a call whose caller may leave.
func finishBounded(ctx context.Context, s *seat, r unsafe.Pointer) error {
	c := boundedCalls.Get().(*boundedCall)
	c.seat, c.fn = s, s.Value.fn
	s.Value.Forget()
	left, err := c.wait(ctx, s.Value.limit)
	if left {
		return err // c is the call's, which may still use it
	}
	if err == nil {
		c.result(r)
	}
	c.put()
	return err
}

// A boundedCall is one whose caller may leave. Those whose callers stay are used
// again.
type boundedCall struct {
	seat  *seat // nobody's but the call's, once it has ended
	fn    *function
	start func()
	done  chan error // of the call, which has left
	timer *time.Timer

	mu    sync.Mutex // held while the call is told to cancel, so that it is still this one
	ended bool

	// The result, until the caller takes it.
	text   string
	slice  []byte // or of numbers: any slice has that form
	scalar uint64
	flat   []uint64 // a struct
}

var boundedCalls = sync.Pool{New: func() any {
	c := &boundedCall{done: make(chan error, 1), timer: time.NewTimer(time.Hour)}
	c.timer.Stop()
	c.start = c.run // once: a method value is an allocation
	return c
}}

func (c *boundedCall) put() {
	c.seat, c.fn, c.text, c.slice, c.ended = nil, nil, "", nil, false
	boundedCalls.Put(c)
}

// place is where the result goes.
func (c *boundedCall) place() unsafe.Pointer {
	switch k := c.fn.result; {
	case k == kindString, k == kindCString:
		return unsafe.Pointer(&c.text)
	case k.element() > 0:
		return unsafe.Pointer(&c.slice)
	case k >= kindStruct:
		if need := (k.size() + 7) / 8; need > len(c.flat) {
			c.flat = make([]uint64, need)
		}
		return unsafe.Pointer(&c.flat[0])
	}
	return unsafe.Pointer(&c.scalar)
}

// result moves the result to r.
func (c *boundedCall) result(r unsafe.Pointer) {
	switch k := c.fn.result; {
	case k == kindString, k == kindCString:
		*(*string)(r) = c.text
	case k.element() > 0:
		*(*[]byte)(r) = c.slice
	case k >= kindStruct:
		copy(unsafe.Slice((*byte)(r), k.size()), unsafe.Slice((*byte)(unsafe.Pointer(&c.flat[0])), k.size()))
	default:
		store(k, c.scalar, r)
	}
}

func (c *boundedCall) run() {
	err := c.fn.do(&c.seat.Value.Frame, c.place())
	c.mu.Lock()
	c.ended = true
	c.mu.Unlock()
	c.fn.leave(c.seat)
	c.done <- err
}

// wait makes the call on another goroutine and waits for it, for ctx, or for the
// limit. left says that the caller leaves the call behind.
func (c *boundedCall) wait(ctx context.Context, bound time.Duration) (left bool, err error) {
	var limit <-chan time.Time
	if bound > 0 {
		c.timer.Reset(bound)
		defer c.timer.Stop()
		limit = c.timer.C
	}
	go c.start()
	select {
	case err := <-c.done:
		return false, err
	case <-ctx.Done():
		err = ctx.Err()
	case <-limit:
		err = context.DeadlineExceeded
	}
	fn := c.fn
	told := make(chan struct{})
	go func() { c.cancel(); close(told) }()
	grace := time.NewTimer(fn.lib.conf.cancelGrace)
	defer grace.Stop()
	select {
	case cause := <-c.done:
		<-told // c is used again only when nobody else has it
		return false, heeded(cause, err)
	case <-grace.C:
	}
	if fn.lib.conf.killHung {
		fn.lib.kill(fn.name + " did not return by its deadline")
	}
	return true, &Error{Name: fn.lib.Name(), Version: fn.lib.Version(), Step: StepCall, Reason: ErrHung,
		Cause: fmt.Errorf("%s: %w", fn.name, err)}
}

// cancel tells the library that nobody waits for the call any more.
func (c *boundedCall) cancel() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.ended {
		c.seat.Value.cancel()
	}
}

// heeded makes an error of a call whose context had ended that of the context, too:
// the library has mostly returned it for that.
func heeded(err, ended error) error {
	if e, ok := err.(*CallError); ok {
		e.ended = ended
	}
	return err
}
