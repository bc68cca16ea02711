package contract

import (
	"context"
	"fmt"
	"iter"
	"sync"
)

// Info is what both sides know of a contract.
type Info struct {
	Name    string // of the interface
	Schema  string // JSON, see docs/wire.md
	Methods []Method
}

// A Method is one method of a contract.
type Method struct {
	Name     string
	Optional bool // an older library may lack it
	Stream   bool // it returns a sequence
}

// Function is the name under which a library exports a method of the contract.
func (i *Info) Function(method string) string { return i.Name + "_" + method }

// A Contract is one interface that host and library agree on. hotso gen makes it.
type Contract[T any] struct {
	info   Info
	errors *Errors
	serve  []Serve[T]

	exported exported[T]
}

// A Serve calls one method of an implementation: Call one that answers, Open one that
// returns a sequence.
type Serve[T any] struct {
	Call func(ctx context.Context, impl T, d *Decoder, e *Encoder) error
	Open func(ctx context.Context, impl T, d *Decoder) (Pieces, error)
}

// New makes a contract. serve has one element for each method.
func New[T any](info Info, errors *Errors, serve []Serve[T]) *Contract[T] {
	return &Contract[T]{info: info, errors: errors, serve: serve}
}

// A Caller is where a contract can be bound: a *host.Library, a *host.Slot, [InProcess],
// or a fake of a test.
type Caller interface {
	// BindContract returns a Remote for each method, in the order of c.Methods.
	BindContract(c *Info) ([]Remote, error)
}

// A Remote is one method on the other side. It may be called from any goroutine. What it
// returns is the caller's own.
type Remote struct {
	Call func(ctx context.Context, args []byte) ([]byte, error)
	Open func(ctx context.Context, args []byte) (iter.Seq2[[]byte, error], error) // of a Stream
}

// Bind binds every method.
func (c *Contract[T]) Bind(to Caller) (*Bound, error) {
	remotes, err := to.BindContract(&c.info)
	if err != nil {
		return nil, err
	}
	if len(remotes) != len(c.info.Methods) {
		return nil, fmt.Errorf("%s has %d methods, and %d were bound", c.info.Name, len(c.info.Methods), len(remotes))
	}
	return &Bound{remotes, c.errors}, nil
}

// A Bound is the other side of a contract, for a generated client.
type Bound struct {
	remotes []Remote
	errors  *Errors
}

// A Call is one call, on either side.
type Call struct {
	Encoder Encoder
	Decoder Decoder
	bound   *Bound
	ctx     context.Context
	lent    bool // the other side may still read the arguments
}

var calls = sync.Pool{New: func() any { return new(Call) }}

// Begin begins a call, whose arguments are written to its Encoder.
func (b *Bound) Begin(ctx context.Context) *Call {
	c := calls.Get().(*Call)
	c.bound, c.ctx = b, ctx
	putContext(&c.Encoder, ctx)
	return c
}

// Do calls the method of that index. Its results are read from the Decoder.
func (c *Call) Do(method int) error {
	if err := c.Encoder.Err(); err != nil {
		return err
	}
	c.lent = true
	reply, err := c.bound.remotes[method].Call(c.ctx, c.Encoder.buf)
	if err != nil {
		return c.failed(err)
	}
	c.lent = false
	c.Decoder.reset(reply)
	return nil
}

// failed is the error of the call. Only if the implementation itself returned it, it is known that
// nobody reads the arguments any more.
func (c *Call) failed(err error) error {
	from := c.bound.errors.fromDetail(err)
	if _, ok := from.(*CallError); ok {
		c.lent = false
	}
	return from
}

// Done says what was wrong with the results.
func (c *Call) Done() error { return c.Decoder.Done() }

// Must is for methods that return no error: it panics with err, if there is one.
func Must(err error) {
	if err != nil {
		panic(err)
	}
}

// Free ends the call. Nil is no call.
func (c *Call) Free() {
	if c == nil {
		return
	}
	if c.lent {
		c.Encoder.buf = nil
	}
	c.Encoder.reset()
	c.Decoder.buf, c.Decoder.err = nil, nil
	c.bound, c.ctx, c.lent = nil, nil, false
	calls.Put(c)
}

// Reply is what the implementation has answered.
func (c *Call) Reply() []byte {
	if c == nil {
		return nil
	}
	return c.Encoder.buf
}
