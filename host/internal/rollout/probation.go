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
	warm *lifecycle.Version
	done chan struct{} // closed by forget
}

func newProbation(s *Slot, conf *Config) *probation {
	return &probation{slot: s, after: conf.Probation, rule: conf.Rule}
}

// Keep implements lifecycle.Policy. A swap during a probation begins another, with the
// same warm version: what to go back to is the last version that has passed.
func (p *probation) Keep(c *lifecycle.Change) {
	if j := p.judged; j != nil {
		p.forget()
		c.Fallback = j.warm
	}
	if p.after <= 0 || c.Back || c.Fallback == nil || c.Fallback.Dead() {
		return
	}
	p.judged = &judgement{observed: observe(c.New), warm: c.Fallback, done: make(chan struct{})}
	c.KeepWarm(c.Fallback)
	if c.Detail != "" {
		c.Detail += "; "
	}
	c.Detail += fmt.Sprintf("on probation for %v, v%s is kept warm", p.after, c.Fallback.Target.Version)
	c.Open = true
	go p.judge(p.judged)
}

// Ended implements lifecycle.Policy: without a version to go back to, there is nothing
// left to judge.
func (p *probation) Ended(v *lifecycle.Version, crash *life.Crash) bool {
	crashedInFrontOf(p, v, crash)
	if j := p.judged; j != nil && v == j.warm {
		p.forget()
		j.version.Tell(life.Event{State: life.Serving, Passed: true,
			Detail: fmt.Sprintf("its probation is over: v%s, which was kept warm, crashed", v.Target.Version)})
	}
	return false
}

// Recover implements lifecycle.Policy.
func (p *probation) Recover(r *lifecycle.Recovery) bool { return p.slot.recoverWarm(p, r) }

// Drop implements lifecycle.Policy.
func (p *probation) Drop() (kept []*lifecycle.Version) {
	if j := p.judged; j != nil {
		kept = append(kept, j.warm)
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
	_, err = p.slot.goBack(lifecycle.Background, p, j.warm, why)
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
	if mine {
		_, _ = j.warm.Retire(lifecycle.Background)
	}
}
