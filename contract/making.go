package contract

import (
	"context"
	"sync"
)

// making is an object that a call makes, until somebody has it.
type making struct {
	pin Pin

	mu     sync.Mutex
	object *object
	over   bool            // there is no object, or it has the pin
	asked  context.Context // to leave, before it was known what becomes of the call
	left   chan struct{}   // for who asked
}

// make makes a call that makes an object.
func (c *Call) make(call func(context.Context, []byte, Leave) ([]byte, Pin, error)) ([]byte, error) {
	m := new(making)
	reply, pin, err := call(c.ctx, c.Encoder.buf, m.leave)
	if err != nil {
		m.becomes(nil)
		return reply, err
	}
	m.pin, c.made = pin, m
	return reply, nil
}

// leave is a Leave.
func (m *making) leave(ctx context.Context) <-chan struct{} {
	m.mu.Lock()
	o, over := m.object, m.over
	if !over {
		m.asked, m.left = ctx, make(chan struct{})
	}
	left := m.left
	m.mu.Unlock()
	switch {
	case !over:
		return left
	case o == nil:
		return nil
	}
	return o.leaveVersion(ctx, m.pin)
}

// becomes has o asked from now on; nil if there is no object after all.
func (m *making) becomes(o *object) {
	m.mu.Lock()
	m.object, m.over = o, true
	asked, left := m.asked, m.left
	m.mu.Unlock()
	switch {
	case left == nil:
	case o == nil:
		close(left)
	default:
		go func() {
			defer close(left)
			if done := o.leaveVersion(asked, m.pin); done != nil {
				<-done
			}
		}()
	}
}
