package contract

import (
	"context"
	"sync"
)

// making is an object that a call makes, until somebody has it.
type making struct {
	kind   *Kind
	pin    Pin
	handle uint64 // 0: none after all

	mu     sync.Mutex
	object *object
	over   bool            // there is no object, or it has the pin
	asked  context.Context // to leave, before it was known what becomes of the call
	left   chan struct{}   // for who asked
}

// make makes a call that makes an object.
func (c *Call) make(method *Method, call func(context.Context, []byte, Leave) ([]byte, Pin, error)) (reply []byte, err error) {
	b := c.bound
	m := &making{kind: b.info.kind(method.Makes)}
	reply, m.pin, err = call(c.ctx, c.Encoder.buf, m.leave)
	if err == nil {
		c.made = m
		return reply, nil
	}
	if m.pin != nil && m.pin.Ended() {
		err = endedError{err, m.pin.Over()}
	}
	left, ok := abandoned(err)
	if !ok {
		m.forget(b)
		return nil, err
	}
	go func() {
		<-left.Over()
		m.handle = newDecoder(left.Reply()).Uint64() // 0 if that is too short
		m.forget(b)
	}()
	return nil, err
}

// endedError is the error of a call in whose version nobody can call any more.
type endedError struct {
	error
	version <-chan struct{} // Over of its pins
}

// Unwrap returns the error itself.
func (e endedError) Unwrap() error { return e.error }

// forget has the library forget the object, which nobody gets.
func (m *making) forget(b *Bound) {
	m.becomes(nil)
	switch {
	case m.handle != 0:
		b.freer.add(newObject(b, m.kind, m.pin, m.handle))
	case m.pin != nil:
		m.pin.Release()
	}
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
