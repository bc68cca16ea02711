package lifecycle

import (
	"context"
	"fmt"
	"time"

	"github.com/hotso/hotso/host/life"
)

// How a version's state goes to another:
//
//  1. pause    New calls wait at the slot.
//  2. drain    The old gate is closed; wait until no call is inside. From here on
//     the state stands still.
//  3. save     The old version writes it down.
//  4. restore  The new one reads it.
//  5. publish  The waiting calls, and all others, go to the new version.
//
// If 2, 3 or 4 fail the old gate opens again and the waiting calls go there: its
// state is as it was. So each call is applied to one state only, the one that goes
// on.

// A Pause has the calls of a slot wait. It begins with HandOver.
type Pause struct {
	slot  *Slot
	begin time.Time
	over  chan struct{}
	Size  int // bytes of the state that was handed over
}

// pause has new calls wait where they find the gate closed.
func (s *Slot) pause() *Pause {
	p := &Pause{slot: s, begin: time.Now(), over: make(chan struct{})}
	s.paused.Store(p)
	return p
}

// End lets the calls go on: there must be an open gate again, or a successor. It
// returns how long they waited. A nil pause has none waiting.
func (p *Pause) End() time.Duration {
	if p == nil {
		return 0
	}
	p.slot.paused.Store(nil)
	close(p.over)
	return time.Since(p.begin)
}

// Took is how long the calls have waited until now.
func (p *Pause) Took() time.Duration {
	if p == nil {
		return 0
	}
	return time.Since(p.begin)
}

// closedChannel is what nobody needs to wait for.
var closedChannel = func() <-chan struct{} { c := make(chan struct{}); close(c); return c }()

// ended is closed when the pause is over.
func (p *Pause) ended() <-chan struct{} {
	if p == nil {
		return closedChannel
	}
	return p.over
}

// HandOver gives the state of from to to, if both have one; otherwise it does nothing
// and the pause is nil. After it calls wait for the pause to end, and from's gate is
// closed and empty. If there is an error, from serves as before, unless it has crashed.
// The token is held.
func (s *Slot) HandOver(ctx context.Context, from, to *Version) (p *Pause, err error) {
	if from == nil || !from.Target.Saves() || !to.Target.Restores() {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.conf.Handover)
	defer cancel()
	deadline, _ := ctx.Deadline()
	p = s.pause()
	from.Target.Close()
	var state []byte
	if waiting := from.Target.Drain(ctx); waiting != nil {
		err = from.Target.Error(life.StepHandOver, life.ErrBusy, fmt.Errorf("%d calls are still inside after %v",
			from.Target.InFlight(), time.Since(p.begin).Round(time.Millisecond)))
	} else if state, err = from.Target.Save(time.Until(deadline)); err != nil {
		err = from.Target.Error(life.StepHandOver, life.ErrState, fmt.Errorf("save: %w", err))
	} else if err = to.Target.Restore(state, time.Until(deadline)); err != nil {
		err = to.Target.Error(life.StepHandOver, life.ErrState, fmt.Errorf("restore: %w", err))
	}
	if err != nil {
		from.Target.Reopen()
		p.End()
		return nil, err
	}
	p.Size = len(state)
	return p, nil
}
