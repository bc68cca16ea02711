package host

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
	"unsafe"

	"github.com/hotso/hotso/cabi/abi"
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

// ErrState: a version could not save its state or the other could not restore it.
// The one that served goes on with it.
var ErrState = errors.New("state not handed over")

// A pause has the calls of a slot wait. It begins with Slot.pause.
type pause struct {
	slot  *Slot
	begin time.Time
	over  chan struct{}
}

// pause has new calls wait where they find the gate closed.
func (s *Slot) pause() *pause {
	p := &pause{slot: s, begin: time.Now(), over: make(chan struct{})}
	s.paused.Store(p)
	return p
}

// end lets the calls go on: there must be an open gate again, or a successor. It
// returns how long they waited. A nil pause has none waiting.
func (p *pause) end() time.Duration {
	if p == nil {
		return 0
	}
	p.slot.paused.Store(nil)
	close(p.over)
	return time.Since(p.begin)
}

// nothing is what nobody needs to wait for: a closed channel.
var nothing = func() <-chan struct{} { c := make(chan struct{}); close(c); return c }()

// ended is closed when the pause is over.
func (p *pause) ended() <-chan struct{} {
	if p == nil {
		return nothing
	}
	return p.over
}

// handOver gives the state of from to to, if both have one; otherwise it does
// nothing and the pause is nil. After it calls wait for the pause to end, and from's
// gate is closed and empty. If there is an error, from serves as before, unless it
// has crashed. s.swapping is held.
func (s *Slot) handOver(ctx context.Context, from, to *Library) (p *pause, size int, err error) {
	if from == nil || !from.saves() || !to.restores() {
		return nil, 0, nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.conf.handover)
	defer cancel()
	deadline, _ := ctx.Deadline()
	p = s.pause()
	from.gate.Close()
	var state []byte
	if waiting := from.gate.Wait(ctx); waiting != nil {
		err = from.error(StepHandOver, ErrBusy, fmt.Errorf("%d calls are still inside after %v",
			from.InFlight(), time.Since(p.begin).Round(time.Millisecond)))
	} else if state, err = from.save(time.Until(deadline)); err != nil {
		err = from.error(StepHandOver, ErrState, fmt.Errorf("save: %w", err))
	} else if err = to.restore(state, time.Until(deadline)); err != nil {
		err = to.error(StepHandOver, ErrState, fmt.Errorf("restore: %w", err))
	}
	if err != nil {
		from.reopen()
		p.end()
		return nil, 0, err
	}
	return p, len(state), nil
}

// reopen lets calls in again, unless the runtime has ended: what is being taken
// down must stay closed.
func (l *Library) reopen() bool {
	l.death.mu.Lock()
	defer l.death.mu.Unlock()
	if l.death.phase != alive {
		return false
	}
	l.gate.Reopen()
	return true
}

// saves reports whether the version has a state to hand over.
func (l *Library) saves() bool {
	status, err := l.invoke(l.sym.save, 0, 0, 0, 0)
	return err == nil && int32(status) == abi.OK
}

// restores reports whether the version takes the state of another.
func (l *Library) restores() bool {
	status, err := l.invoke(l.sym.restore, 0, 0, 0)
	return err == nil && int32(status) == abi.OK
}

// save has the version write its state down. No call is inside.
func (l *Library) save(limit time.Duration) ([]byte, error) {
	l.controls.Add(1)
	defer l.controls.Add(-1)
	f := l.newCall(l.sym.save)
	defer f.Put()
	f.Int(uint64(max(limit, 1)))
	f.Output(0)
	f.Do()
	if l.dead() {
		return nil, l.diedIn(f)
	}
	switch status := int32(f.R0); abi.Kind(status) {
	case abi.OK:
		return slices.Clone(f.Buffer[:min(f.Length, uintptr(len(f.Buffer)))]), nil
	case abi.TooSmall:
		if state, ok := l.take(status, f.Length); ok {
			return state, nil
		}
		return nil, fmt.Errorf("its %d bytes were not kept", f.Length)
	default:
		return nil, errors.New(l.message(status))
	}
}

// restore gives the version a state. No call is inside.
func (l *Library) restore(state []byte, limit time.Duration) error {
	l.controls.Add(1)
	defer l.controls.Add(-1)
	f := l.newCall(l.sym.restore)
	defer f.Put()
	f.Int(uint64(max(limit, 1)))
	if cap(state) == 0 {
		state = make([]byte, 0, 1) // not nil, which would only ask
	}
	f.Pointer(unsafe.Pointer(unsafe.SliceData(state)))
	f.Int(uint64(len(state)))
	f.Do()
	if l.dead() {
		return l.diedIn(f)
	}
	if status := int32(f.R0); status != abi.OK {
		return errors.New(l.message(status))
	}
	return nil
}
