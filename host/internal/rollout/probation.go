package rollout

import (
	"fmt"
	"time"

	"github.com/hotso/hotso/host/internal/lifecycle"
	"github.com/hotso/hotso/host/life"
)

// probation keeps the version before loaded while the new one proves itself, and goes
// back to it if it doesn't.
type probation struct {
	lifecycle.NoPolicy
	slot  *Slot
	after time.Duration // 0: there is none
	rule  Rule

	judged *judgement // of the current version, nil if it is not on probation; guarded by the slot's lock
}

// A judgement is the probation of one version.
type judgement struct {
	observed
	warm *lifecycle.Version // nil: previous has a spare
	done chan struct{}      // closed by forget
}

func newProbation(s *Slot, conf *Config) *probation {
	return &probation{slot: s, after: conf.Probation, rule: conf.Rule}
}

// Keep implements lifecycle.Policy. A swap during a probation begins another, with the
// same version to go back to: the last that has passed. Where the one before has left, it is that
// of previous, which keeps it to be loaded again.
func (p *probation) Keep(c *lifecycle.Change) {
	again := p.judged != nil
	if j := p.judged; again {
		p.forget()
		c.Fallback = j.warm
	}
	if p.after <= 0 || c.Back {
		return
	}
	var warm *lifecycle.Version
	how := fmt.Sprintf("on probation for %v", p.after)
	switch {
	case c.Gone:
	case c.Fallback == nil || c.Fallback.Dead():
		return
	default:
		warm = c.Fallback
		c.KeepWarm(warm)
		how += fmt.Sprintf(", v%s is kept warm", warm.Target.Version)
	}
	p.judged = &judgement{observed: observe(c.New), warm: warm, done: make(chan struct{})}
	if c.Detail != "" {
		c.Detail += "; "
	}
	c.Detail += how
	c.Open = true
	go p.judge(p.judged)
}

// Ended implements lifecycle.Policy: without a version to go back to, or one to judge, there is
// nothing left to judge.
func (p *probation) Ended(v *lifecycle.Version, crash *life.Crash) bool {
	crashedInFrontOf(p, v, crash)
	switch j := p.judged; {
	case j == nil:
	case v == j.warm:
		p.forget()
		j.version.Tell(life.Event{State: life.Serving, Passed: true,
			Detail: fmt.Sprintf("its probation is over: v%s, which was kept warm, crashed", v.Target.Version)})
	case v == j.version && j.warm == nil: // previous has what follows
		p.forget()
	}
	return false
}

// Recover implements lifecycle.Policy.
func (p *probation) Recover(r *lifecycle.Recovery) bool { return p.slot.recoverWarm(p, r) }

// Yield implements lifecycle.Policy.
func (p *probation) Yield() []*lifecycle.Version {
	if p.judged == nil || p.judged.warm == nil {
		return nil
	}
	return p.Drop()
}

// Drop implements lifecycle.Policy.
func (p *probation) Drop() (kept []*lifecycle.Version) {
	if j := p.judged; j != nil {
		if j.warm != nil {
			kept = append(kept, j.warm)
		}
		p.forget()
	}
	return kept
}

func (p *probation) pair() (serves, warm *lifecycle.Version) {
	if p.judged == nil {
		return nil, nil
	}
	return p.judged.version, p.judged.warm
}

func (p *probation) forget() {
	p.judged.end()
	close(p.judged.done)
	p.judged = nil
}

// judge watches over a version until its probation is over.
func (p *probation) judge(j *judgement) {
	passed := time.NewTimer(p.after)
	defer passed.Stop()
	health := time.NewTicker(p.rule.Health)
	defer health.Stop()
	failed, said := j.failed, ""
	for {
		why := ""
		select {
		case <-j.done:
			return
		case <-passed.C:
			p.pass(j)
			return
		case <-failed:
			why = j.tooManyErrors(p.rule)
		case <-health.C:
			why = j.broken(p.rule)
		}
		if why == "" {
			continue
		}
		err := p.fail(j, why)
		if err == nil {
			return
		}
		failed = nil // not before the next health interval
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

// fail goes back from a version on probation.
func (p *probation) fail(j *judgement, why string) error {
	done, err := p.slot.Hold(lifecycle.Background, life.StepSwap)
	if err != nil {
		return err
	}
	defer done()
	p.slot.Lock()
	mine := p.judged == j
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
