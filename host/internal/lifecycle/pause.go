package lifecycle

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/hotso/hotso/host/life"
)

// A Pause has the calls of a slot wait. It begins with HandOver, or a takeover.
type Pause struct {
	slot  *Slot
	begin time.Time
	over  chan struct{}
	late  chan struct{} // closed when no call waits any longer; nil: never
	timer *time.Timer   // which closes it
	Size  int           // bytes of the state that was handed over

	waited atomic.Int64 // calls that wait, or have waited
}

// pause has new calls wait where they find the gate closed. A limit that is not 0 is how long
// each waits at most.
func (s *Slot) pause(limit time.Duration) *Pause {
	p := &Pause{slot: s, begin: time.Now(), over: make(chan struct{})}
	if limit > 0 {
		p.late = make(chan struct{})
		p.timer = time.AfterFunc(limit, func() { close(p.late) })
	}
	s.paused.Store(p)
	return p
}

// End lets the calls go on: there must be an open gate again, or a successor, or none at all. It
// returns how long they waited. A nil pause has none waiting.
func (p *Pause) End() time.Duration {
	if p == nil {
		return 0
	}
	p.slot.paused.Store(nil)
	if p.timer != nil {
		p.timer.Stop()
	}
	close(p.over)
	return time.Since(p.begin)
}

// handover says what went from one version to another; nil if there is nothing to say.
func (p *Pause) handover(lost bool) *life.Handover {
	if p == nil && !lost {
		return nil
	}
	h := &life.Handover{Lost: lost}
	if p != nil {
		h.Bytes, h.Waited = p.Size, p.waited.Load()
	}
	return h
}

// Took is how long the calls have waited until now.
func (p *Pause) Took() time.Duration {
	if p == nil {
		return 0
	}
	return time.Since(p.begin)
}

// wait returns when the pause is over, the caller has waited for too long, or done is closed.
func (p *Pause) wait(done <-chan struct{}) error {
	if p == nil {
		return nil
	}
	p.waited.Add(1)
	p.slot.waiting.Add(1)
	defer p.slot.waiting.Add(-1)
	select {
	case <-p.over:
	case <-p.late:
		return p.slot.Error(life.StepCall, life.ErrPaused,
			fmt.Errorf("one version takes over from another, for %v by now", p.Took().Round(time.Millisecond)), "try again")
	case <-done:
	}
	return nil
}
