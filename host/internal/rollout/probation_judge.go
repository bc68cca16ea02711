package rollout

import (
	"fmt"
	"time"

	"github.com/hotso/hotso/host/internal/lifecycle"
	"github.com/hotso/hotso/host/life"
)

// A judgement is the probation of one version.
type judgement struct {
	observed
	warm *lifecycle.Version // nil: previous has a spare
	ends time.Time
	wait time.Duration // from one look at the version to the next; changed by judge, with the slot's lock held
	done chan struct{} // closed by forget
}

// longestWait bounds how rarely a version is looked at that can't be rolled back.
const longestWait = time.Minute

// A rest is what remains of a judgement.
type rest struct {
	left          time.Duration
	wait          time.Duration
	calls, errors int64 // until now
}

// rest is what remains of j. Locked.
func (j *judgement) rest() *rest {
	r := &rest{left: max(0, time.Until(j.ends)), wait: j.wait}
	r.calls, r.errors = j.since()
	return r
}

// begin puts v on probation, or again for the rest of one. Locked.
func (p *probation) begin(v, warm *lifecycle.Version, r rest) {
	j := &judgement{observed: observe(v), warm: warm, ends: time.Now().Add(r.left), wait: r.wait, done: make(chan struct{})}
	j.calls -= r.calls
	j.errors -= r.errors
	p.judged = j
	go p.judge(j)
}

// restFor is the rest of the probation of what r has serve again, nil if there is none. Locked.
func (p *probation) restFor(r *lifecycle.Recovery) *rest {
	if r.Crash != nil {
		return nil
	}
	return p.rest
}

// note adds to what is told when its version serves again.
func (r *rest) note(e life.Event) life.Event {
	if r != nil {
		e.Passed = false
		e.Detail += fmt.Sprintf("; on probation for another %v", r.left.Round(time.Millisecond))
	}
	return e
}

// resume has v, which serves again, go on with r. Locked.
func (p *probation) resume(v *lifecycle.Version, r *rest) {
	p.forget()
	if r != nil {
		p.begin(v, nil, *r)
	}
}

// judge watches over a version until its probation is over.
func (p *probation) judge(j *judgement) {
	passed := time.NewTimer(time.Until(j.ends))
	defer passed.Stop()
	look := time.NewTimer(j.wait)
	defer look.Stop()
	failed, said := j.failed, ""
	for {
		if j.wait > p.rule.Health { // it could not be rolled back: not before the next look
			failed = nil
		}
		why := ""
		select {
		case <-j.done:
			return
		case <-passed.C:
			p.pass(j)
			return
		case <-failed:
			why = j.tooManyErrors(p.rule)
		case <-look.C:
			why = j.broken(p.rule)
			look.Reset(j.wait)
		}
		if why == "" {
			continue
		}
		err := p.fail(j, why)
		if err == nil {
			return
		}
		look.Reset(j.wait)
		if text := why + "; it can't be rolled back: " + err.Error(); text != said {
			said = text
			p.slot.Lock()
			if p.judged == j { // else it is over, and how it ended was reported
				j.version.Tell(life.Event{State: life.Serving, Detail: text, Err: err})
			}
			p.slot.Unlock()
		}
	}
}

// fail goes back from a version on probation. If it can't, the next attempt comes after twice the time.
func (p *probation) fail(j *judgement, why string) error {
	done, err := p.slot.Hold(lifecycle.Background, life.StepSwap)
	if err != nil {
		return err
	}
	defer done()
	p.slot.Lock()
	mine := p.judged == j
	j.wait = max(j.wait, min(2*j.wait, longestWait)) // now, as the attempt may leave a rest of j only
	p.slot.Unlock()
	switch {
	case !mine: // it is over
	case j.warm == nil:
		_, err = p.slot.goToPrevious(lifecycle.Background, why)
	default:
		_, err = p.slot.goBack(lifecycle.Background, p, j.warm, why)
	}
	return err
}

// pass ends a probation well.
func (p *probation) pass(j *judgement) {
	done, err := p.slot.Hold(lifecycle.Background, life.StepSwap)
	if err != nil {
		return
	}
	defer done()
	p.slot.Lock()
	mine := p.judged == j
	if mine {
		p.forget()
		j.version.Tell(life.Event{State: life.Serving, Passed: true, Detail: fmt.Sprintf("passed its probation of %v", p.after)})
	}
	p.slot.Unlock()
	if mine && j.warm != nil {
		_, _ = j.warm.Retire(lifecycle.Background)
	}
}
