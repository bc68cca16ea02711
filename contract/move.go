package contract

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// movePatience is how long a move may go on without its caller. What hangs is left behind then.
const movePatience = time.Minute

// mostMoves is how many objects of a contract move at the same time, each in a thread of the
// host's: some may hang.
const mostMoves = 256

// mostCrashes is how many versions may crash while they rebuild an object. The first may have
// crashed of something else, and the next, or the one before, may do better.
const mostCrashes = 2

// until is ctx, which ends also when the pin's version waits no longer.
func until(ctx context.Context, pin Pin) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	if pin != nil {
		go func() {
			select {
			case <-pin.Over():
				cancel()
			case <-ctx.Done():
			}
		}()
	}
	return ctx, cancel
}

// move brings the object from the pinned version, if it was in one, to where calls go now. What
// was begun is done also if ctx ends meanwhile, or else what was written down would be lost. If
// there is no error, the caller looks again where the object is.
func (o *object) move(ctx context.Context, pin Pin) error {
	waiting, cancel := until(ctx, pin)
	err := o.turns.Acquire(waiting, all)
	if err == nil {
		if err = o.bound.moves.Acquire(waiting, 1); err != nil {
			o.turns.Release(all)
		}
	}
	cancel()
	if err != nil {
		return ctx.Err()
	}
	moving, cancel := context.WithCancel(context.WithoutCancel(ctx))
	moved := make(chan error, 1)
	go func() {
		defer cancel()
		defer o.turns.Release(all)
		defer o.bound.moves.Release(1)
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
		if o.stays != nil {
			return nil
		}
	}
	return o.restore(ctx)
}

// save writes the object down, which is gone from its version then; or stays there, if it
// can't be written down. The caller has all turns. If the version ends meanwhile, or it is not
// done in time, the object is lost, and that is the error.
func (o *object) save(ctx context.Context) error {
	ctx, cancel := until(ctx, o.pin)
	defer cancel()
	reply, err := o.control(ctx, o.kind.Save)
	d := newDecoder(reply)
	saved := d.ByteSlice()
	if err == nil {
		err = d.Done()
	}
	if err == nil {
		o.pin.Release()
		o.saved, o.pin = saved, nil
		return nil
	}
	why := fmt.Errorf("the %s could not be saved: %w", o.kind.Name, o.bound.errors.fromDetail(err))
	if _, inside := abandoned(err); inside || ctx.Err() != nil || o.pin.Ended() {
		why = fmt.Errorf("%w: %w", ErrGone, why)
		o.lose(why)
		return why
	}
	o.stays = why
	return nil
}

// restore rebuilds the object in the version to which calls go. If that fails, the next may
// do better. The caller has all turns.
func (o *object) restore(ctx context.Context) error {
	c := o.bound.Begin(ctx)
	defer c.Free()
	c.Encoder.ByteSlice(o.saved)
	err := c.Do(o.kind.Restore)
	if err == nil {
		err = c.Done()
	}
	made := c.made
	if err == nil && made.handle == 0 {
		err = fmt.Errorf("%w: no handle", ErrFrame)
	}
	if err != nil {
		return o.notRestored(err)
	}
	c.made = nil
	o.pin, o.handle, o.saved, o.stays, o.crashes, o.crashed = made.pin, made.handle, nil, nil, 0, nil
	made.becomes(o)
	return nil
}

// notRestored is the error of a restore that has failed as err says. An object that versions
// crash of is lost.
func (o *object) notRestored(err error) error {
	why := fmt.Errorf("%w: the %s could not be restored: %w", ErrNotMoved, o.kind.Name, err)
	ended, ok := errors.AsType[endedError](err)
	if !ok || ended.version == o.crashed { // or it has crashed just now, and is not gone yet
		return why
	}
	o.crashed = ended.version
	if o.crashes++; o.crashes == mostCrashes {
		why = fmt.Errorf("%w: %w", ErrGone, why)
		o.lose(why)
		o.saved = nil
	}
	return why
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
