package invoke

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
	"unsafe"

	"github.com/hotso/hotso/host/internal/rank"
	"github.com/hotso/hotso/host/life"
)

// finishBounded makes a call whose caller may leave.
func finishBounded(ctx context.Context, s *Lease, r unsafe.Pointer) error {
	c := boundedCalls.Get().(*boundedCall)
	c.lease, c.fn = s, s.Value.fn
	if c.fn.result == kindBytes { // room for them
		c.slice = *(*[]byte)(r)
	}
	s.Value.Forget()
	left, err := c.wait(ctx, s.Value.limit)
	if left {
		return err // c is the call's, which may still use it
	}
	if err == nil {
		c.result(r)
	} else {
		err = calledFrom(err)
	}
	c.put()
	return err
}

// A boundedCall is one whose caller may leave. Those whose callers stay are used
// again.
type boundedCall struct {
	lease *Lease // nobody's but the call's, once it has ended
	fn    *Function
	start func()
	done  chan error // of the call, which has left
	timer *time.Timer

	mu        rank.Mutex[rank.Call] // held while the library is told to cancel, so that the call is still this one
	cancelled bool
	begun     bool // not if it was cancelled before
	ended     bool
	exited    bool // and never leaves, see errExited; not guarded, but set before done

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
	c.lease, c.fn, c.text, c.slice = nil, nil, "", nil
	c.cancelled, c.begun, c.ended = false, false, false
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
	if !c.begin() {
		c.lease.Value.Release()
		c.fn.target.leaveUncounted(c.lease)
		c.done <- nil // who waits for it asks neverBegan
		return
	}
	var err error
	returned := false
	defer func() { // also if the function ends the goroutine
		if !returned && c.fn.builtin == nil { // with the library's code below it, so the call never leaves
			c.exited = true
			c.done <- c.fn.hung(&abandoned{error: errExited, over: make(chan struct{})})
			return
		}
		if !returned {
			err = c.fn.status(c.fn.target.builtin.exited())
		}
		c.mu.Lock()
		c.ended = true
		c.mu.Unlock()
		c.fn.leave(c.lease)
		c.done <- err // from here on c may be another call's
	}()
	err = c.fn.do(&c.lease.Value, c.place())
	returned = true
}

var errExited = errors.New("a function of the host's has ended the goroutine of the call (runtime.Goexit)")

// begin reports whether the call is still wanted: its context may have ended before a
// processor was free for it.
func (c *boundedCall) begin() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.begun = !c.cancelled
	return c.begun
}

// neverBegan reports whether a call that was cancelled had not begun, and will not.
func (c *boundedCall) neverBegan() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cancelled && !c.begun
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
		return c.exited, err
	case <-ctx.Done():
		err = ctx.Err()
	case <-limit:
		err = context.DeadlineExceeded
	}
	fn := c.fn
	over, told := make(chan struct{}), make(chan struct{})
	go func() { keepTelling(over, c.cancel); close(told) }()
	grace := time.NewTimer(fn.target.Conf.CancelGrace)
	defer grace.Stop()
	select {
	case cause := <-c.done:
		close(over)
		<-told // c is used again only when nobody else has it
		if c.neverBegan() {
			return false, err
		}
		return c.exited, heeded(cause, err)
	case <-grace.C:
	}
	if c.neverBegan() {
		return true, err // it will not begin
	}
	if fn.target.Conf.KillHung {
		fn.target.Kill(fn.name + " did not return by its deadline")
	}
	return true, fn.hung(c.abandon(err))
}

// hung is the error of a call that is left behind.
func (fn *Function) hung(why error) error {
	fn.target.failures.add(life.FailedHung)
	return &life.Error{Name: fn.target.Name, Version: fn.target.Version, Step: life.StepCall, Reason: life.ErrHung,
		Cause: fmt.Errorf("%s: %w", fn.name, why)}
}

// keepTelling cancels a call until it has ended, at ever longer intervals: the
// library forgets what it is told before its export has asked for cabi.Context. cancel reports
// whether there is anybody to be told.
func keepTelling(over <-chan struct{}, cancel func() bool) {
	for pause := 100 * time.Microsecond; cancel(); pause *= 2 {
		select {
		case <-time.After(pause):
		case <-over:
			return
		}
	}
}

// cancel tells the library that nobody waits for the call any more, if it is inside,
// and reports whether it is, or will be.
func (c *boundedCall) cancel() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cancelled = true
	if !c.begun || c.ended {
		return false
	}
	c.lease.Value.cancel()
	return true
}

// heeded makes an error of a call whose context had ended that of the context, too:
// the library has mostly returned it for that.
func heeded(err, ended error) error {
	if e, ok := err.(*life.CallError); ok {
		e.Ended = ended
	}
	return err
}
