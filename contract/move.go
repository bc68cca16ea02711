package contract

import (
	"context"
	"errors"
	"fmt"
	"time"
)

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
