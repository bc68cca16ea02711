package contract

import (
	"context"
	"fmt"
	"iter"
	"reflect"
	"sync"

	"golang.org/x/sync/semaphore"
)

// Info is what both sides know of a contract.
type Info struct {
	Name    string // of the interface
	Schema  string // JSON, see docs/wire.md
	Methods []Method
	Kinds   []Kind // of its objects
}

// A Method is one method of a contract, or of its objects.
type Method struct {
	Name     string
	Object   string // the kind of object that has it; "" for one of the contract
	Optional bool   // an older library may lack it
	Stream   bool   // it returns a sequence
	Makes    string // the kind of object that is one of its results; "" if none is
	Close    bool   // it is the Close of an object, which is gone then
}

// Qualified is the name of a method within its contract: Greet, or Cart.Add.
func (m *Method) Qualified() string {
	if m.Object != "" {
		return m.Object + "." + m.Name
	}
	return m.Name
}

// A Kind is a type of objects of a contract. Its numbers are indices into Info.Methods, of
// functions that no client calls by itself.
type Kind struct {
	Name          string // of the interface
	Free          int    // forgets an object
	Save, Restore int    // move one; 0 if the kind does not move
}

// Moves reports whether an object of this kind moves to the next version.
func (k *Kind) Moves() bool { return k.Save != 0 }

// Function is the name under which a library exports a method.
func (i *Info) Function(m *Method) string {
	if m.Object != "" {
		return m.Object + "_" + m.Name
	}
	return i.Name + "_" + m.Name
}

// kind is the kind of that name.
func (i *Info) kind(name string) *Kind {
	for k := range i.Kinds {
		if i.Kinds[k].Name == name {
			return &i.Kinds[k]
		}
	}
	panic("contract: " + i.Name + " has no objects " + name) // generated code names its own
}

// A Contract is one interface that host and library agree on. hotso gen makes it.
type Contract[T any] struct {
	info   Info
	errors *Errors
	serve  []Serve[T]

	exported exported[T]
	objects  *Objects // nil if it has none
	callee   *callee  // of a Server
}

// A Serve calls one method of an implementation: Call one that answers, Open one that
// returns a sequence.
type Serve[T any] struct {
	Call func(ctx context.Context, impl T, d *Decoder, e *Encoder) error
	Open func(ctx context.Context, impl T, d *Decoder) (Pieces, error)
}

// New makes a contract. serve has one element for each method.
func New[T any](info Info, errors *Errors, serve []Serve[T]) *Contract[T] {
	c := &Contract[T]{info: info, errors: errors, serve: serve}
	if reflect.TypeFor[T]().Kind() == reflect.Interface {
		register(c)
	}
	return c
}

// WithObjects tells where its objects are, and returns the contract.
func (c *Contract[T]) WithObjects(o *Objects) *Contract[T] {
	c.objects = o
	return c
}

// A Caller is where a contract can be bound: a *host.Library, a *host.Slot, [InProcess],
// or a fake of a test.
type Caller interface {
	// BindContract returns a Remote for each method, in the order of c.Methods.
	BindContract(c *Info) ([]Remote, error)
}

// A Remote is one method on the other side. It may be called from any goroutine. What it
// returns is the caller's own. The error of a call that was left behind is [Abandoned].
type Remote struct {
	// Call may use the memory of room, of which the length does not matter, for what it returns. If it
	// fails, and not by an error of the implementation, the memory is not used again.
	Call func(ctx context.Context, args, room []byte) ([]byte, error)
	Open func(ctx context.Context, args []byte) (iter.Seq2[[]byte, error], error) // of a Stream
	// Make is Call for a method that makes an object: it pins the version that was called, also if
	// there is an error. The pin is nil if none was.
	Make func(ctx context.Context, args []byte, leave Leave) ([]byte, Pin, error)
}

// Leave asks, once, whoever has an object to take it along and to release its pin, as the
// version is to go. It does not wait: the channel is closed when the object has left, or can't, at
// the end of ctx at the latest; nil if that is so already.
type Leave func(ctx context.Context) <-chan struct{}

// A Pin keeps one version of a library, for an object that is there: its methods call that
// version, whichever serves by now. Their index is that of Info.Methods. While the version stands
// still, since a state is handed over or another takes over from it, Call, Open and Make
// return ErrStandsStill.
type Pin interface {
	Call(ctx context.Context, method int, args, room []byte) ([]byte, error)
	Open(ctx context.Context, method int, args []byte) (iter.Seq2[[]byte, error], error)
	Make(ctx context.Context, method int, args []byte, leave Leave) ([]byte, Pin, error)
	// Await waits, after [ErrStandsStill], until the version can be called again, or has ended.
	Await(ctx context.Context) error
	// CallLeaving is Call for who was asked to leave, or to be freed. It waits for nobody.
	CallLeaving(ctx context.Context, method int, args []byte) ([]byte, error)
	// Left reports whether calls go to other versions by now.
	Left() bool
	// Ended reports whether the version can't be called any more.
	Ended() bool
	// Over is closed when the version waits for no pin any longer, or a moment after it has crashed. All
	// pins of a version have the same.
	Over() <-chan struct{}
	// Release ends the pin. Releasing twice is harmless.
	Release()
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
	return &Bound{
		to: to, info: &c.info, remotes: remotes, errors: c.errors,
		freer: newFreer(), moves: semaphore.NewWeighted(mostMoves),
	}, nil
}

// A Bound is the other side of a contract, for a generated client.
type Bound struct {
	to      Caller
	info    *Info
	remotes []Remote
	errors  *Errors
	freer   *freer
	moves   *semaphore.Weighted // of its objects, that are under way
}

// A Call is one call, on either side.
type Call struct {
	Encoder Encoder
	Decoder Decoder
	bound   *Bound
	ctx     context.Context
	room    []byte // for a reply
	lent    bool   // the other side may still read the arguments, or write to room

	object   *object // whose method is called
	user     *Object // so that it is not free while it is called
	handleAt int     // where in the arguments its handle is
	made     *making // the object that was made, until somebody has it

	function *HostFunc // that is called, instead of a method
	lends    []func()  // ends what was lent for the call
}

var calls = sync.Pool{New: func() any { return new(Call) }}

// keptRoom is how much memory, in bytes, is held on to for the arguments of a next call, and for its
// results.
const keptRoom = 64 << 10

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
	reply, err := c.send(method)
	if err != nil {
		return c.failed(err)
	}
	c.lent = false
	c.Decoder.reset(reply)
	if n := len(reply); n > cap(c.room) && n <= keptRoom { // for the next
		c.room = make([]byte, n+n/4)
	}
	if c.made != nil {
		c.made.handle = c.Decoder.Uint64()
	}
	return nil
}

// send is Do without the results.
func (c *Call) send(method int) (reply []byte, err error) {
	switch m := &c.bound.info.Methods[method]; {
	case c.object != nil:
		return c.object.call(c, method)
	case m.Makes != "":
		return c.make(m, c.bound.remotes[method].Make)
	}
	return c.bound.remotes[method].Call(c.ctx, c.Encoder.buf, c.room)
}

// failed is the error of the call. Only if the implementation itself returned it, it is known that
// nobody uses the memory of the call any more.
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
		c.Encoder.buf, c.room = nil, nil
	}
	c.Encoder.reset()
	c.Decoder.buf, c.Decoder.err, c.Decoder.callee = nil, nil, nil
	if c.made != nil {
		c.made.forget(c.bound) // nobody took it
	}
	for _, end := range c.lends {
		end()
	}
	clear(c.lends)
	c.bound, c.ctx, c.lent, c.object, c.user, c.made, c.function, c.lends = nil, nil, false, nil, nil, nil, nil, c.lends[:0]
	calls.Put(c)
}

// Reply is what the implementation has answered.
func (c *Call) Reply() []byte {
	if c == nil {
		return nil
	}
	return c.Encoder.buf
}
