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
	"time"

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
		reply, err = o.pin.Call(c.ctx, method, c.Encoder.buf)
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

// movePatience is how long a move may go on without its caller. What hangs is left behind then.
const movePatience = time.Minute

// move brings the object to where calls go now. What was begun is done also if ctx ends
// meanwhile, or else what was written down would be lost.
func (o *object) move(ctx context.Context) error {
	if err := o.turns.Acquire(ctx, all); err != nil {
		return err
	}
	moving, cancel := context.WithCancel(context.WithoutCancel(ctx))
	moved := make(chan error, 1)
	go func() {
		defer cancel()
		defer o.turns.Release(all)
		moved <- o.moveNow(moving)
	}()
	select {
	case err := <-moved:
		return err
	case <-ctx.Done():
		time.AfterFunc(movePatience, cancel)
		return ctx.Err()
	}
}

// moveNow is move for who has all turns.
func (o *object) moveNow(ctx context.Context) error {
	if err := o.reason(); err != nil {
		return err
	}
	if o.pin != nil {
		if !o.mustMove() {
			return nil // somebody has moved it
		}
		if err := o.save(ctx); err != nil {
			return err
		}
		if o.stays {
			return nil
		}
	}
	return o.restore(ctx)
}

// save writes the object down, which is gone from its version then; or stays there, if it
// can't be written down. The caller has all turns. The error is that of a version that has
// ended, or of ctx.
func (o *object) save(ctx context.Context) error {
	reply, err := o.control(ctx, o.kind.Save)
	d := newDecoder(reply)
	saved := d.ByteSlice()
	if err == nil {
		err = d.Done()
	}
	switch {
	case err == nil:
		o.pin.Release()
		o.saved, o.pin = saved, nil
		return nil
	case o.pin.Ended() || ctx.Err() != nil:
		return ended(o.pin, fmt.Errorf("the %s could not be saved: %w", o.kind.Name, o.bound.errors.fromDetail(err)))
	}
	o.stays = true
	return nil
}

// restore rebuilds the object in the version to which calls go. If that fails, the next may
// do better. The caller has all turns.
func (o *object) restore(ctx context.Context) error {
	c := o.bound.Begin(ctx)
	defer c.Free()
	c.Encoder.ByteSlice(o.saved)
	err := c.Do(o.kind.Restore)
	if err != nil {
		return fmt.Errorf("the %s could not be restored: %w", o.kind.Name, err)
	}
	handle := c.Decoder.Uint64()
	if err := c.Done(); err != nil || handle == 0 {
		return fmt.Errorf("the %s could not be restored: %w", o.kind.Name, errors.Join(ErrFrame, err))
	}
	made := c.made
	c.made = nil
	o.pin, o.handle, o.saved, o.stays = made.pin, handle, nil, false
	made.becomes(o)
	return nil
}

// control calls a function that only takes the object's handle. It waits for nobody.
func (o *object) control(ctx context.Context, method int) ([]byte, error) {
	var e Encoder
	putContext(&e, ctx)
	e.Uint64(o.handle)
	return o.pin.CallLeaving(ctx, method, e.buf)
}

// leaveVersion takes the object along, as the version that it is in is to go. What can't be
// saved is lost with the version. It is a Leave for pin, which the object may have left.
func (o *object) leaveVersion(ctx context.Context, pin Pin) <-chan struct{} {
	if !o.kind.Moves() {
		return nil
	}
	goes := func() {
		defer o.turns.Release(all)
		if o.pin == pin && o.reason() == nil {
			_ = o.save(ctx)
		}
	}
	if o.turns.TryAcquire(all) {
		goes()
		return nil
	}
	done := make(chan struct{})
	go func() { // a call is inside
		defer close(done)
		if o.turns.Acquire(ctx, all) == nil {
			goes()
		}
	}()
	return done
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

// freePatience is how long an object may take to close until the next is freed.
const freePatience = 100 * time.Millisecond

// A freer frees objects, one after the other, since a great many may come at once.
type freer struct {
	mu      sync.Mutex
	waiting []*object
	running bool
}

func (f *freer) add(o *object) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.waiting = append(f.waiting, o)
	if !f.running {
		f.running = true
		go f.run()
	}
}

func (f *freer) run() {
	for {
		f.mu.Lock()
		objects := f.waiting
		f.waiting = nil
		if len(objects) == 0 {
			f.running = false
			f.mu.Unlock()
			return
		}
		f.mu.Unlock()
		for _, o := range objects {
			if !o.turns.TryAcquire(all) { // its last call is still inside
				go o.free()
				continue
			}
			o.turns.Release(all)
			freed := make(chan struct{})
			go func() {
				defer close(freed)
				o.free()
			}()
			select {
			case <-freed:
			case <-time.After(freePatience): // the others do not wait for it
			}
		}
	}
}
