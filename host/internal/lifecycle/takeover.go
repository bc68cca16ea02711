package lifecycle

import (
	"context"
	"fmt"
	"time"

	"github.com/hotso/hotso/host/internal/instance"
	"github.com/hotso/hotso/host/life"
)

// How a version takes over from another, where only one may be live (cabi.Exclusive,
// host.Exclusive):
//
//  1. load     The new one is mapped and its init functions run, while the old one serves.
//  2. pause    New calls wait at the slot.
//  3. drain    The old gate is closed; wait until no call is inside.
//  4. save     The old one writes its state down, if one of the two can restore it.
//  5. leave    The old one stops and is taken out of the process. A stop hook that has
//     forgotten a file or a lock is made good for here, so 6 comes after it.
//  6. start    The new one starts, restores the state, and is checked.
//  7. publish  The waiting calls, and all others, go to the new one.
//
// If something is wrong up to 4, the old gate opens again. Later the old one is loaded again, from
// the copy that the slot keeps, starts, gets its state back, and serves (see Recovery).
type takeover struct {
	*Slot
	from, to *Version // from is nil if no version is live
	back     bool     // to is an older one which the slot returns to
	why      string   // for the events
	left     bool     // from was told to stop
	pause    *Pause
	state    *instance.State // nil: none is handed over
	lost     bool            // only from has one
	swap     *life.Swap
}

// exclusive reports whether only one version of the slot may be live: the host wants it so, or one of
// those in the process.
func (s *Slot) exclusive() bool {
	if s.conf.Exclusive {
		return true
	}
	for _, v := range s.inProcess() {
		if v.live.Load() && v.Desc.Exclusive {
			return true
		}
	}
	return false
}

// Exclusive refuses what has two versions live, if only one may be.
func (s *Slot) Exclusive(step life.Step, advice string) error {
	if !s.exclusive() {
		return nil
	}
	return s.Error(step, life.ErrExclusive, nil, advice)
}

// inProcess are the versions of the slot of which something may be in the process.
func (s *Slot) inProcess() (list []*Version) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.entries {
		if v := s.journal.version(e); v != nil {
			list = append(list, v)
		}
	}
	return list
}

// awaitLeaving waits until those other versions have left that are on their way.
func (s *Slot) awaitLeaving(ctx context.Context, v *Version) error {
	for _, o := range s.inProcess() {
		if o == v || !o.live.Load() || !o.leaving.Load() && !o.Dead() {
			continue
		}
		select {
		case <-o.Entry.gone:
		case <-ctx.Done():
			return v.mustWait(o, "is still in the process: "+s.Info(o.Entry).Reason)
		}
	}
	return nil
}

// awaitAlone waits until v may be live: no other is, and what was has left.
func (s *Slot) awaitAlone(ctx context.Context, v *Version) error {
	if err := s.awaitLeaving(ctx, v); err != nil {
		return err
	}
	for _, o := range s.inProcess() {
		if o != v && o.live.Load() {
			return v.mustWait(o, "is live")
		}
	}
	return nil
}

// mustWait says why v is not started.
func (v *Version) mustWait(o *Version, why string) error {
	return v.Target.Error(life.StepStart, life.ErrBusy, fmt.Errorf("v%s, which may hold what this one needs, %s", o.Target.Version, why))
}

// takeOver has v, which is loaded and not started, serve in place of the current version, as
// swap says so far. It returns the versions to retire. If there is an error, v is the caller's to
// discard, and the version that served does so again, or tries to. The token is held.
func (s *Slot) takeOver(ctx context.Context, v *Version, swap *life.Swap, back bool, why string) ([]*Version, error) {
	ctx, cancel := context.WithTimeout(ctx, s.conf.Takeover)
	defer cancel()
	// A version may be started again after a crash just now. From here on none is.
	if err := s.starting.Acquire(ctx); err != nil {
		return nil, v.Target.Error(life.StepStart, life.ErrBusy, fmt.Errorf("a version is started again after a crash: %w", err))
	}
	defer s.starting.Release()
	t := &takeover{Slot: s, to: v, back: back, why: why, swap: swap}
	t.mu.Lock()
	t.from = s.current
	s.takenOver = t.from
	t.mu.Unlock()
	if t.from == nil {
		if err := t.awaitAlone(ctx, v); err != nil {
			return nil, err
		}
		return t.start(ctx)
	}
	spare := t.from.Instance.Spare()
	t.from.kept.Store(spare)
	defer func() { t.from.kept.Store(nil); spare.Close() }()

	if err := t.awaitLeaving(ctx, v); err != nil {
		return nil, t.stay(err)
	}
	t.pause = s.pause(s.conf.Takeover)
	t.from.estate.own.Mark()
	if err := t.quiet(ctx); err != nil {
		return nil, t.stay(err)
	}
	err := t.leave(ctx)
	var retire []*Version
	if err == nil {
		retire, err = t.start(ctx)
	}
	if err != nil {
		return nil, t.goBack(err)
	}
	return retire, nil
}

// quiet is steps 3 and 4. What has crashed has no state and is quiet.
func (t *takeover) quiet(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, t.conf.Handover)
	defer cancel()
	from := t.from.Target
	has, takes := from.Saves(), t.to.Target.Restores()
	saves := has && (takes || from.Restores())
	t.lost = has && !takes
	bytes, err := t.still(limited, t.pause, t.from, saves)
	switch {
	case t.from.Dead():
		return nil
	case err != nil:
		return err
	}
	if saves {
		t.state = &instance.State{Bytes: bytes, Version: from.Version, Limit: t.conf.Handover}
	}
	// The last chance to find out at no cost.
	t.mu.Lock()
	err = t.BindLocked(t.to)
	t.mu.Unlock()
	switch {
	case err != nil:
		return err
	case t.to.Dead():
		return t.to.Target.Error(life.StepStart, life.ErrStart, t.to.Target.CrashError())
	case ctx.Err() != nil:
		return t.to.Target.Error(life.StepStart, life.ErrStart, ctx.Err())
	}
	return nil
}

// leave is step 5, also for versions that were kept to go back to.
func (t *takeover) leave(ctx context.Context) error {
	t.mu.Lock()
	var kept []*Version
	for _, p := range t.policies {
		kept = append(kept, p.Yield()...)
	}
	t.mu.Unlock()
	t.left = !t.from.Dead()
	if t.back && t.left {
		t.from.Tell(life.Event{State: life.Failed, Detail: t.why})
	}
	for _, v := range append(kept, t.from) {
		// Calls wait, so nobody comes to the end of an object's use meanwhile.
		v.Target.AskHolders(ctx)
		v.Target.EndPins()
		_, _ = v.Retire(ctx) // what is left of it, the swap's report says
	}
	return t.awaitAlone(ctx, t.to)
}

// start is steps 6 and 7.
func (t *takeover) start(ctx context.Context) (retire []*Version, err error) {
	var state *instance.State
	if t.state != nil && t.to.Target.Restores() {
		state = t.state
	}
	if err := t.to.start(ctx, state); err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	why := t.why
	if t.from != nil {
		if why != "" {
			why += "; "
		}
		why += fmt.Sprintf("took over from v%s, calls waited %v", t.from.Target.Version, t.pause.Took().Round(time.Microsecond))
	}
	if state != nil {
		t.pause.Size = len(state.Bytes)
	}
	t.swap.Handover = t.pause.handover(t.lost)
	retire, err = t.PublishLocked(t.to, t.swap, nil, t.back, why)
	if err == nil {
		t.takenOver = nil
		t.swap.Pause = t.pause.End()
	}
	return retire, err
}

// stay undoes what was done up to step 4, and returns why.
func (t *takeover) stay(why error) error {
	if t.pause != nil {
		t.from.estate.own.Undo()
		t.from.Target.Reopen()
	}
	t.over(t.from.Target.End.Happened())
	return why
}

// over is the end of a takeover that has failed. crashed says that from has, by itself, and that
// this is to be dealt with as any crash.
func (t *takeover) over(crashed bool) {
	var crash *life.Crash
	if crashed {
		crash = t.from.Target.End.Crash()
	}
	t.mu.Lock()
	t.takenOver = nil
	if crashed {
		t.beginRecoveryLocked(t.from, crash)
	}
	t.mu.Unlock()
	t.pause.End()
}

// goBack has the version that has left serve again, and returns why.
func (t *takeover) goBack(why error) error {
	t.to.Discard(Background)
	if !t.left {
		t.over(true)
		return why
	}
	t.mu.Lock()
	t.from.recovered = true // or a crash in its stop hook would begin another recovery
	t.mu.Unlock()
	from, to := t.from.Target.Version, t.to.Target.Version
	r := &Recovery{
		Dead: t.from, Itself: t.from.Spare(), State: t.state, Context: Background, Resume: func() {},
		Why: t.Error(life.StepSwap, life.ErrEmpty, fmt.Errorf("v%s has left for v%s, which failed, and can't be started again yet", from, to), ""),
	}
	r.Detail = fmt.Sprintf("back from v%s, calls waited %v", to, t.pause.Took().Round(time.Microsecond))
	ok := t.tryRecover(r)
	t.over(false)
	if ok || !r.Again {
		r.Itself.Close()
		return why
	}
	t.mu.Lock()
	t.InBackground(func() { t.recover(r) })
	t.mu.Unlock()
	return why
}
