package contract

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"sync"

	"golang.org/x/sync/semaphore"
)

// An Object is the caller's end of an object on the other side: of an interface that a method
// has returned. Generated clients are made of it. It may be used from any goroutine.
//
// One of a kind that moves is taken along when its version is to go: when no call of it is
// inside it is written down there, and by the next call rebuilt where calls go then; calls wait
// meanwhile. One that does not move keeps its version, until it is freed or the version waits
// no longer; from then on its methods return ErrGone. An Object that nobody refers to is freed.
type Object struct{ *object }

// object is what outlives an Object that nobody refers to.
type object struct {
	bound *Bound
	kind  *Kind

	turns *semaphore.Weighted // one for each call, all of them to move or free the object

	// These belong to who has all turns; a call may read them.
	pin    Pin    // of the version that it is in; nil while it is in none
	stays  bool   // it can't be written down there
	handle uint64 // there
	saved  []byte // what it is rebuilt of, while it is in none

	mu   sync.Mutex
	gone error // why it is nowhere any more
}

// all is more than there can be calls.
const all = 1 << 40

// Begin begins a call of a method of the object, as [Bound.Begin] does.
func (o *Object) Begin(ctx context.Context) *Call {
	c := o.bound.Begin(ctx)
	c.object, c.user, c.handleAt = o.object, o, len(c.Encoder.buf)
	c.Encoder.Uint64(0) // its handle, once it is known where the call goes
	return c
}

// call makes a call of a method of the object, where that is.
func (o *object) call(c *Call, method int) (reply []byte, err error) {
	for {
		if err := o.enter(c.ctx); err != nil {
			return nil, err
		}
		pin := o.pin
		reply, err = o.callHere(c, method)
		o.leave()
		// Without a turn, which who moves the object needs.
		if err = o.await(c.ctx, pin, err); err != errAgain {
			return reply, err
		}
	}
}

// errAgain: the version stood still, and does so no more.
var errAgain = errors.New("again")

// await waits if err says that the version stands still.
func (o *object) await(ctx context.Context, pin Pin, err error) error {
	if !errors.Is(err, ErrStandsStill) {
		return err
	}
	if err := pin.Await(ctx); err != nil {
		return err
	}
	return errAgain
}

// callHere is call for who has a turn.
func (o *object) callHere(c *Call, method int) (reply []byte, err error) {
	binary.LittleEndian.PutUint64(c.Encoder.buf[c.handleAt:], o.handle)
	m := &o.bound.info.Methods[method]
	if m.Makes {
		reply, err = c.make(func(ctx context.Context, args []byte, leave Leave) ([]byte, Pin, error) {
			return o.pin.Make(ctx, method, args, leave)
		})
	} else {
		reply, err = o.pin.Call(c.ctx, method, c.Encoder.buf, c.room)
	}
	err = ended(o.pin, err)
	if m.Close && !errors.Is(err, ErrStandsStill) {
		o.closed(err)
	}
	return reply, err
}

// closed loses the object after a call of its Close. Whatever that said, it can't be closed
// again, as with files.
func (o *object) closed(err error) {
	var answer interface{ ErrorDetail() []byte }
	if err != nil && !errors.As(err, &answer) { // it may not have got there
		_, _ = o.control(context.Background(), o.kind.Free)
	}
	o.lose(fmt.Errorf("%w: it was closed", ErrGone))
}

// open calls a method that returns a sequence. The object stays where it is until release,
// which is never nil.
func (o *object) open(ctx context.Context, method int, args []byte, handleAt int) (pieces iter.Seq2[[]byte, error], release func(), err error) {
	args = bytes.Clone(args) // who ranges several times may do so at the same time
	for {
		if err := o.enter(ctx); err != nil {
			return nil, func() {}, err
		}
		pin := o.pin
		binary.LittleEndian.PutUint64(args[handleAt:], o.handle)
		opened, err := pin.Open(ctx, method, args)
		if err == nil {
			return func(yield func([]byte, error) bool) {
				for piece, err := range opened {
					if !yield(piece, ended(pin, err)) {
						return
					}
				}
			}, o.leave, nil
		}
		o.leave()
		if err = o.await(ctx, pin, ended(pin, err)); err != errAgain {
			return nil, func() {}, err
		}
	}
}

// enter takes a turn for a call, and sees to it that the object is somewhere.
func (o *object) enter(ctx context.Context) error {
	for {
		if err := o.turns.Acquire(ctx, 1); err != nil {
			return err
		}
		err := o.reason()
		if err == nil && o.pin != nil && !o.mustMove() {
			return nil
		}
		o.leave()
		if err != nil {
			return err
		}
		if err := o.move(ctx); err != nil {
			return err
		}
	}
}

func (o *object) leave() { o.turns.Release(1) }

// mustMove reports whether calls go to another version than the object is in.
func (o *object) mustMove() bool { return o.kind.Moves() && !o.stays && o.pin.Left() }

// ended adds to the error of a call that the object is gone, if its version is.
func ended(pin Pin, err error) error {
	if err != nil && pin.Ended() && !errors.Is(err, ErrGone) {
		return fmt.Errorf("%w: %w", ErrGone, err)
	}
	return err
}

// reason says why the object is nowhere any more, nil if it is somewhere.
func (o *object) reason() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.gone
}

// lose says that the object is nowhere any more.
func (o *object) lose(why error) {
	o.mu.Lock()
	first := o.gone == nil
	if first {
		o.gone = why
	}
	o.mu.Unlock()
	if first && o.pin != nil {
		o.pin.Release()
	}
}

// free has the library forget the object, which nobody refers to.
func (o *object) free() {
	_ = o.turns.Acquire(context.Background(), all) // which does not end
	defer o.turns.Release(all)
	if o.pin != nil && o.reason() == nil {
		_, _ = o.control(context.Background(), o.kind.Free)
	}
	o.lose(ErrGone)
}

// Object reads an object from the results of a call; nil if there is none.
func (c *Call) Object(kind string) *Object {
	handle := c.Decoder.Uint64()
	if handle == 0 || c.Decoder.err != nil || c.made == nil {
		return nil
	}
	made := c.made
	c.made = nil
	o := &object{bound: c.bound, kind: c.bound.info.kind(kind), turns: semaphore.NewWeighted(all), pin: made.pin, handle: handle}
	made.becomes(o)
	user := &Object{o}
	runtime.AddCleanup(user, func(o *object) { o.bound.freer.add(o) }, o)
	return user
}
