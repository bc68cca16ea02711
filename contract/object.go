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
// What is done with it waits for calls that their callers have left behind, too.
type Object struct{ *object }

// object is what outlives an Object that nobody refers to.
type object struct {
	bound *Bound
	kind  *Kind

	turns *semaphore.Weighted // one for each call, all of them to move or free the object

	// These belong to who has all turns; a call may read them.
	pin    Pin    // of the version that it is in; nil while it is in none
	stays  error  // why it can't be written down there
	handle uint64 // there
	saved  []byte // what it is rebuilt of, while it is in none

	crashes int             // of versions that were rebuilding it
	crashed <-chan struct{} // the last of these, see endedError

	mu   sync.Mutex
	gone error // why it is nowhere any more
}

// all is more than there can be calls.
const all = 1 << 40

func newObject(b *Bound, kind *Kind, pin Pin, handle uint64) *object {
	return &object{bound: b, kind: kind, turns: semaphore.NewWeighted(all), pin: pin, handle: handle}
}

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
		o.leaveAfter(err)
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
	if m.Makes != "" {
		reply, err = c.make(m, func(ctx context.Context, args []byte, leave Leave) ([]byte, Pin, error) {
			return o.pin.Make(ctx, method, args, leave)
		})
	} else {
		reply, err = o.pin.Call(c.ctx, method, c.Encoder.buf, c.room)
	}
	err = o.ended(err)
	if m.Close && !errors.Is(err, ErrStandsStill) {
		o.closed(err)
	}
	return reply, err
}

// closed loses the object after a call of its Close. Whatever that said, it can't be closed
// again, as with files.
func (o *object) closed(err error) {
	var answer interface{ ErrorDetail() []byte }
	if !o.goes(fmt.Errorf("%w: it was closed", ErrGone)) {
		return
	}
	if err == nil || errors.As(err, &answer) {
		o.pin.Release()
		return
	}
	// It may not have got there. Who closes it does not wait longer for that.
	o.bound.freer.add(newObject(o.bound, o.kind, o.pin, o.handle))
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
					if !yield(piece, o.ended(err)) {
						return
					}
				}
			}, o.leave, nil
		}
		err = o.ended(err)
		o.leaveAfter(err)
		if err = o.await(ctx, pin, err); err != errAgain {
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
		err, pin := o.reason(), o.pin
		if err == nil && pin != nil && !o.mustMove() {
			return nil
		}
		o.leave()
		if err != nil {
			return err
		}
		if err := o.move(ctx, pin); err != nil {
			return err
		}
	}
}

func (o *object) leave() { o.turns.Release(1) }

// leaveAfter gives the turn back of a call that has returned err, or has been left behind.
func (o *object) leaveAfter(err error) {
	left, ok := abandoned(err)
	if !ok {
		o.leave()
		return
	}
	go func() {
		<-left.Over()
		o.leave()
	}()
}

// mustMove reports whether calls go to another version than the object is in, which it can leave.
func (o *object) mustMove() bool {
	return o.kind.Moves() && o.stays == nil && o.pin.Left() && !o.pin.Ended()
}

// ended adds to the error of a call that the object is gone, if its version is. The caller has a turn.
func (o *object) ended(err error) error {
	switch {
	case err == nil || !o.pin.Ended() || errors.Is(err, ErrGone):
		return err
	case o.stays != nil:
		return fmt.Errorf("%w: %w; before, %w", ErrGone, err, o.stays)
	}
	return fmt.Errorf("%w: %w", ErrGone, err)
}

// reason says why the object is nowhere any more, nil if it is somewhere.
func (o *object) reason() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.gone
}

// lose says that the object is nowhere any more.
func (o *object) lose(why error) {
	if o.goes(why) && o.pin != nil {
		o.pin.Release()
	}
}

// goes says so, and reports whether it was somewhere before. The pin is the caller's to release.
func (o *object) goes(why error) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	first := o.gone == nil
	if first {
		o.gone = why
	}
	return first
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

// Object is the object among the results of a call; nil if there is none.
func (c *Call) Object() *Object {
	made := c.made
	if made == nil || made.handle == 0 {
		return nil
	}
	c.made = nil
	o := newObject(c.bound, made.kind, made.pin, made.handle)
	made.becomes(o)
	user := &Object{o}
	runtime.AddCleanup(user, func(o *object) { o.bound.freer.add(o) }, o)
	return user
}
