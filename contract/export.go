package contract

import (
	"context"
	"fmt"
	"io"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
)

// exports are the implementations of this library, by the contract's name.
var exports sync.Map // string to export

// An export is what the functions of a library call.
type export interface {
	start() error
	stop() error
	closeObjects()
	detail(error) error
	method(name string) (int, bool)
	call(ctx context.Context, method int, args []byte) (*Call, error)
	open(ctx context.Context, method int, args []byte) (iter.Seq2[[]byte, error], error)
}

// exported is the implementation of a contract.
type exported[T any] struct {
	mu    sync.Mutex
	make  func() (T, error)
	ready atomic.Pointer[T]
}

// Export registers the constructor of the implementation, which is called when the
// version starts, before any hook that the library registers later. If it fails the version
// does not serve. An implementation that is an io.Closer is closed when the version stops.
// The last Export counts.
func (c *Contract[T]) Export(implementation func() (T, error)) {
	c.exported.mu.Lock()
	c.exported.make = implementation
	c.exported.ready.Store(nil)
	c.exported.mu.Unlock()
	exports.Store(c.info.Name, export(c))
}

// implementation makes it, once.
func (c *Contract[T]) implementation() (T, error) {
	x := &c.exported
	if impl := x.ready.Load(); impl != nil {
		return *impl, nil
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if impl := x.ready.Load(); impl != nil {
		return *impl, nil
	}
	impl, err := x.make()
	if err != nil {
		return impl, err
	}
	x.ready.Store(&impl)
	return impl, nil
}

func (c *Contract[T]) start() error {
	_, err := c.implementation()
	return err
}

func (c *Contract[T]) stop() error {
	c.closeObjects()
	if impl := c.exported.ready.Load(); impl != nil {
		if closer, ok := any(*impl).(io.Closer); ok {
			return closer.Close()
		}
	}
	return nil
}

func (c *Contract[T]) detail(err error) error { return c.errors.detail(err) }

func (c *Contract[T]) closeObjects() { c.objects.closeAll(c.callee) }

func (c *Contract[T]) method(name string) (int, bool) {
	i := slices.IndexFunc(c.info.Methods, func(m Method) bool { return m.Qualified() == name })
	return i, i >= 0
}

func (c *Contract[T]) call(ctx context.Context, method int, args []byte) (*Call, error) {
	impl, err := c.implementation()
	if err != nil {
		return nil, err
	}
	call := calls.Get().(*Call)
	call.Decoder.reset(args)
	call.Decoder.callee, call.Encoder.callee = c.callee, c.callee
	ctx, cancel := readContext(ctx, &call.Decoder)
	defer cancel()
	err = c.serve[method].Call(ctx, impl, &call.Decoder, &call.Encoder)
	if err == nil {
		err = call.Encoder.Err()
	}
	if err == nil {
		return call, nil
	}
	c.objects.drop(&call.Encoder)
	call.Free()
	return nil, c.errors.detail(err)
}

func (c *Contract[T]) open(ctx context.Context, method int, args []byte) (iter.Seq2[[]byte, error], error) {
	impl, err := c.implementation()
	if err != nil {
		return nil, err
	}
	d := newDecoder(args)
	d.callee = c.callee
	ctx, cancel := readContext(ctx, d)
	values, err := c.serve[method].Open(ctx, impl, d)
	if err != nil {
		cancel()
		return nil, c.errors.detail(err)
	}
	var begun atomic.Bool
	over := c.objects.reads(d.object)
	stop := context.AfterFunc(ctx, func() {
		if begun.CompareAndSwap(false, true) { // nobody will ask for a piece
			defer over()
			defer cancel()
			defer func() { _ = recover() }()
			values(nil, nil)
		}
	})
	return func(yield func([]byte, error) bool) {
		defer cancel()
		if stop(); !begun.CompareAndSwap(false, true) {
			yield(nil, c.errors.detail(ctx.Err()))
			return
		}
		defer over()
		var e Encoder
		values(&e, func(err error) bool {
			if err != nil {
				yield(nil, c.errors.detail(err))
				return false
			}
			return yield(e.buf, nil)
		})
	}, nil
}

// A Served is one method of the library's implementation, for a generated export.
type Served struct {
	contract, name string
	found          atomic.Pointer[served]
}

type served struct {
	export
	method int
}

// Serves returns a method of the implementation of a contract, which may not be exported yet.
// Those of objects are Object.Method.
func Serves(contract, method string) *Served { return &Served{contract: contract, name: method} }

func (s *Served) find() (*served, error) {
	if f := s.found.Load(); f != nil {
		return f, nil
	}
	x, ok := exports.Load(s.contract)
	if !ok {
		return nil, noImplementation(s.contract)
	}
	i, ok := x.(export).method(s.name)
	if !ok {
		return nil, fmt.Errorf("%w: the contract %s has no method %s", ErrNoImplementation, s.contract, s.name)
	}
	f := &served{x.(export), i}
	s.found.Store(f)
	return f, nil
}

func noImplementation(contract string) error {
	return fmt.Errorf("%w: the library exports no %s: call Export in an init function", ErrNoImplementation, contract)
}

// Call calls the method with the arguments that a client wrote. The Reply is valid until Free.
func (s *Served) Call(ctx context.Context, args []byte) (*Call, error) {
	f, err := s.find()
	if err != nil {
		return nil, err
	}
	return f.call(ctx, f.method, args)
}

// Open is Call for a method that returns a sequence. The pieces are valid until the next.
func (s *Served) Open(ctx context.Context, args []byte) (iter.Seq2[[]byte, error], error) {
	f, err := s.find()
	if err != nil {
		return nil, err
	}
	return f.open(ctx, f.method, args)
}

// Start makes the implementation of a contract, when the version starts.
func Start(contract string) error {
	x, ok := exports.Load(contract)
	if !ok {
		return noImplementation(contract)
	}
	return x.(export).start()
}

// Stop closes the implementation of a contract, when the version stops.
func Stop(contract string) error {
	if x, ok := exports.Load(contract); ok {
		return x.(export).stop()
	}
	return nil
}
