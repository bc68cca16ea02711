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

// HandOver gives the state of from to to, if both have one; otherwise it does nothing
// and the pause is nil. After it calls wait for the pause to end, and from's gate is
// closed and empty. If there is an error, from serves as before, unless it has crashed.
// lost says that only from has a state. The token is held.
func (s *Slot) HandOver(ctx context.Context, from, to *Version) (p *Pause, lost bool, err error) {
	if from == nil || !from.Target.Saves() {
		return nil, false, nil
	}
	if !to.Target.Restores() {
		return nil, true, nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.conf.Handover)
	defer cancel()
	p = s.pause(0)
	from.estate.own.Mark()
	state, err := s.still(ctx, p, from, true)
	if err == nil {
		deadline, _ := ctx.Deadline()
		if err = to.Target.Restore(state, time.Until(deadline)); err != nil {
			err = to.Target.Error(life.StepHandOver, life.ErrState, fmt.Errorf("restore: %w", err))
		}
	}
	if err != nil {
		from.estate.own.Undo()
		from.Target.Reopen()
		p.End()
		return nil, false, err
	}
	p.Size = len(state)
	return p, false, nil
}

// still closes the gate of v, waits until no call is inside, and has it save its state, if that is
// wanted: steps 2 and 3. ctx has a deadline.
func (s *Slot) still(ctx context.Context, p *Pause, v *Version, save bool) (state []byte, err error) {
	v.Target.Close()
	if waiting := v.Target.Drain(ctx); waiting != nil {
		return nil, v.Target.Error(life.StepHandOver, life.ErrBusy, fmt.Errorf("%d calls are still inside after %v",
			v.Target.InFlight(), p.Took().Round(time.Millisecond)))
	}
	if !save {
		return nil, nil
	}
	deadline, _ := ctx.Deadline()
	if state, err = v.Target.Save(time.Until(deadline)); err != nil {
		return nil, v.Target.Error(life.StepHandOver, life.ErrState, fmt.Errorf("save: %w", err))
	}
	return state, nil
}
