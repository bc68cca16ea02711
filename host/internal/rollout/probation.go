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

	// Guarded by the slot's lock:
	judged *judgement // of the current version, nil if it is not on probation
	rest   *rest      // of the version that has left for another, if it was on probation
}

func newProbation(s *Slot, conf *Config) *probation {
	return &probation{slot: s, after: conf.Probation, rule: conf.Rule}
}

// Keep implements lifecycle.Policy. A swap during a probation begins another, with the
// same version to go back to: the last that has passed. Where that has left, it is the one
// of previous, which keeps it to be loaded again.
func (p *probation) Keep(c *lifecycle.Change) {
	again := p.judged != nil || p.rest != nil
	if again {
		c.Fallback = nil
		if p.judged != nil {
			c.Fallback = p.judged.warm
		}
		p.forget()
	}
	if p.after <= 0 || c.Back {
		return
	}
	var warm *lifecycle.Version
	how := fmt.Sprintf("on probation for %v", p.after)
	switch {
	case c.Gone, again && c.Fallback == nil:
	case c.Fallback == nil || c.Fallback.Dead():
		return
	default:
		warm = c.Fallback
		c.KeepWarm(warm)
		how += fmt.Sprintf(", v%s is kept warm", warm.Target.Version)
	}
	p.begin(c.New, warm, rest{left: p.after, wait: p.rule.Health})
	if c.Detail != "" {
		c.Detail += "; "
	}
	c.Detail += how
	c.Open = true
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

// Yield implements lifecycle.Policy. The version on probation leaves as well: if it comes back, its
// probation goes on.
func (p *probation) Yield() []*lifecycle.Version {
	if p.judged == nil {
		return nil
	}
	rest := p.judged.rest()
	kept := p.Drop()
	p.rest = rest
	return kept
}

// Drop implements lifecycle.Policy.
func (p *probation) Drop() (kept []*lifecycle.Version) {
	if p.judged != nil && p.judged.warm != nil {
		kept = append(kept, p.judged.warm)
	}
	p.forget()
	return kept
}

// Describe implements lifecycle.Policy.
func (p *probation) Describe(v *lifecycle.Version, i *life.VersionInfo) {
	i.Proving = p.judged != nil && p.judged.version == v
}

func (p *probation) pair() (serves, warm *lifecycle.Version) {
	if p.judged == nil {
		return nil, nil
	}
	return p.judged.version, p.judged.warm
}

func (p *probation) forget() {
	if p.judged != nil {
		p.judged.end()
		close(p.judged.done)
	}
	p.judged, p.rest = nil, nil
}
