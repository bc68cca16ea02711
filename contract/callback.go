package contract

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"sync/atomic"
)

// A Lender makes a function callable by the library that is given its handle. *host.Slot,
// *host.Library and [InProcess] do.
type Lender interface {
	// Lend returns the handle. From release on it calls nothing any more.
	Lend(f func(args []byte) (reply []byte, err error)) (handle uint64, release func(), err error)
}

// An Answer is a function of the caller's that the implementation calls: it reads the arguments
// and writes the results.
type Answer func(ctx context.Context, d *Decoder, e *Encoder) error

// Func writes a function as an argument; none if there is none. The implementation can call
// it, from any goroutine, until the call of the method has returned. The context is that of
// this call.
func (c *Call) Func(none bool, f Answer) {
	if none {
		c.Encoder.Uint64(0)
		return
	}
	lender, ok := c.bound.to.(Lender)
	if !ok {
		c.Encoder.fail(ErrValue, "functions can't be passed to a %T", c.bound.to)
		return
	}
	ctx, errs := c.ctx, c.bound.errors
	handle, release, err := lender.Lend(func(args []byte) ([]byte, error) {
		// The error comes first, then the results, which are none if there is one.
		var e Encoder
		e.Nil()
		d := newDecoder(args)
		err := f(ctx, d, &e)
		if err == nil {
			err = e.Err()
		}
		if err != nil {
			e = Encoder{}
			errs.Encode(&e, err)
		}
		return e.buf, nil
	})
	if err != nil {
		c.Encoder.fail(ErrValue, "a function could not be passed: %v", err)
		return
	}
	c.lends = append(c.lends, release)
	c.Encoder.Uint64(handle)
}

// Unknown is the Answer to a call of a method that the caller's interface lacks.
func Unknown(d *Decoder) error {
	if d.err != nil {
		return d.err
	}
	return fmt.Errorf("%w: the caller's interface is older", ErrNotOffered)
}

// host calls the function behind a handle; see CallHost.
var host atomic.Pointer[func(handle uint64) func(args []byte) ([]byte, error)]

// CallHost tells how functions of the host are called. Generated code of a library does that.
func CallHost(f func(handle uint64) func(args []byte) ([]byte, error)) { host.Store(&f) }

// A HostFunc is a function of the caller's, for the implementation.
type HostFunc struct {
	call   func(args []byte) ([]byte, error)
	errors *Errors
}

// Func reads a function from the arguments; nil if there is none.
func (s *Errors) Func(d *Decoder) *HostFunc {
	handle := d.Uint64()
	if handle == 0 || d.err != nil {
		return nil
	}
	f := &HostFunc{errors: s}
	if handle&ownHandle != 0 {
		f.call = func(args []byte) ([]byte, error) { return own.call(handle, args) }
	} else if d.callee != nil {
		f.call = d.callee.lent(handle)
	} else if call := host.Load(); call != nil {
		f.call = (*call)(handle)
	} else {
		d.Fail("a function of a host, and there is none")
		return nil
	}
	return f
}

// Begin begins a call of the function, whose arguments are written to its Encoder.
func (f *HostFunc) Begin() *Call {
	c := calls.Get().(*Call)
	c.function = f
	return c
}

// Ask calls the function. Its results are read from the Decoder.
func (c *Call) Ask() error {
	if err := c.Encoder.Err(); err != nil {
		return err
	}
	reply, err := c.function.call(c.Encoder.buf)
	if err != nil {
		return err
	}
	c.Decoder.reset(reply)
	if err := c.function.errors.Decode(&c.Decoder); err != nil {
		return err
	}
	return c.Decoder.err
}

// ownHandle is set in the handles of [InProcess].
const ownHandle = 1 << 63

// own are the functions that were lent in process.
var own lent

type lent struct {
	mu   sync.Mutex
	last uint64
	f    map[uint64]func([]byte) ([]byte, error)
}

func (l *lent) lend(f func([]byte) ([]byte, error)) (handle uint64, release func(), err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.f == nil {
		l.f = map[uint64]func([]byte) ([]byte, error){}
	}
	l.last++
	handle = l.last | ownHandle
	l.f[handle] = f
	return handle, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.f, handle)
	}, nil
}

func (l *lent) call(handle uint64, args []byte) ([]byte, error) {
	l.mu.Lock()
	f := l.f[handle]
	l.mu.Unlock()
	if f == nil {
		return nil, errors.New("the call that the function was for is over")
	}
	return f(args)
}

// What a sequence of the caller's is asked for.
const (
	seqBegin = iota // a range: its number
	seqNext         // of that number: whether there is one, and the element
	seqStop         // of that number
)

// Seq writes a sequence as an argument, each element by put. The implementation can range over
// it, in parts and several times, until the call of the method has returned.
func Seq[T any](c *Call, seq iter.Seq2[T, error], put func(*Encoder, *T)) {
	r := &ranges[T]{seq: seq, put: put, open: map[uint64]*pulled[T]{}}
	c.Func(seq == nil, r.answer)
	c.lends = append(c.lends, r.stopAll)
}

// ranges are those of the implementation over one sequence.
type ranges[T any] struct {
	seq iter.Seq2[T, error]
	put func(*Encoder, *T)

	mu   sync.Mutex
	last uint64
	over bool
	open map[uint64]*pulled[T]
}

// pulled is one range. Who is in it also ends it, if it is over meanwhile.
type pulled[T any] struct {
	next func() (T, error, bool)
	stop func()

	mu         sync.Mutex
	busy, over bool
}

// enter reports whether nobody else is in the range, and it is not over.
func (p *pulled[T]) enter() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.busy || p.over {
		return false
	}
	p.busy = true
	return true
}

func (p *pulled[T]) leave() {
	p.mu.Lock()
	p.busy = false
	over := p.over
	p.mu.Unlock()
	if over {
		p.stop()
	}
}

// end ends the range.
func (p *pulled[T]) end() {
	p.mu.Lock()
	stop := !p.over && !p.busy
	p.over = true
	p.mu.Unlock()
	if stop {
		p.stop()
	}
}

func (r *ranges[T]) answer(_ context.Context, d *Decoder, e *Encoder) error {
	op := d.Uint8()
	if op == seqBegin {
		if err := d.Done(); err != nil {
			return err
		}
		return r.begin(e)
	}
	id := d.Uint64()
	if err := d.Done(); err != nil {
		return err
	}
	r.mu.Lock()
	p := r.open[id]
	if op == seqStop {
		delete(r.open, id)
	}
	r.mu.Unlock()
	switch {
	case p == nil:
		return errors.New("the sequence is over")
	case op == seqStop:
		p.end()
		return nil
	case op != seqNext:
		return fmt.Errorf("%w: %d is asked of a sequence", ErrFrame, op)
	case !p.enter():
		return errors.New("one range over a sequence is for one goroutine at a time")
	}
	defer p.leave()
	v, err, ok := p.next()
	e.Bool(ok)
	if ok && err == nil {
		r.put(e, &v)
	}
	return err
}

func (r *ranges[T]) begin(e *Encoder) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over {
		return errors.New("the call that the sequence was for is over")
	}
	next, stop := pull(r.seq)
	r.last++
	r.open[r.last] = &pulled[T]{next: next, stop: stop}
	e.Uint64(r.last)
	return nil
}

// stopAll ends the ranges that are left.
func (r *ranges[T]) stopAll() {
	r.mu.Lock()
	open := r.open
	r.open, r.over = nil, true
	r.mu.Unlock()
	for _, p := range open {
		p.end()
	}
}

// SeqOf is the sequence of a caller's whose elements get reads; nil if f is.
func SeqOf[T any](f *HostFunc, get func(*Decoder, *T)) iter.Seq2[T, error] {
	if f == nil {
		return nil
	}
	ask := func(op byte, id uint64, results func(*Decoder)) error {
		c := f.Begin()
		defer c.Free()
		c.Encoder.Uint8(op)
		if op != seqBegin {
			c.Encoder.Uint64(id)
		}
		if err := c.Ask(); err != nil {
			return err
		}
		results(&c.Decoder)
		return c.Done()
	}
	return func(yield func(T, error) bool) {
		var none T
		var id uint64
		if err := ask(seqBegin, 0, func(d *Decoder) { id = d.Uint64() }); err != nil {
			yield(none, err)
			return
		}
		defer ask(seqStop, id, func(*Decoder) {}) // what it says concerns nobody any more
		for {
			var v T
			var more bool
			err := ask(seqNext, id, func(d *Decoder) {
				if more = d.Bool(); more {
					get(d, &v)
				}
			})
			if err != nil {
				yield(none, err)
				return
			}
			if !more || !yield(v, nil) {
				return
			}
		}
	}
}
