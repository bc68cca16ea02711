package rollout

import (
	"fmt"
	"time"

	"github.com/hotso/hotso/host/internal/lifecycle"
	"github.com/hotso/hotso/host/life"
)

// judge watches over a canary until it has ended.
func (cs *canaries) judge(c *canary) {
	health := time.NewTicker(cs.rule.Health)
	defer health.Stop()
	said := ""
	for {
		failed := ""
		select {
		case <-c.done:
			return
		case <-c.failed:
			failed = c.tooManyErrors(cs.rule)
		case <-health.C:
			if failed = c.broken(cs.rule); failed != "" {
				break
			}
			why, ready := c.ready()
			if ready {
				cs.promoteByRule(c, why)
			} else if why != "" && why != said {
				said = why
				cs.slot.Tell(c.entry, life.Event{State: life.Canary, Detail: why})
			}
		}
		if failed != "" {
			cs.slot.Lock()
			if cs.running.Load() == c {
				cs.drop(c, failed, nil)
			}
			cs.slot.Unlock()
		}
	}
}

func (cs *canaries) promoteByRule(c *canary, why string) {
	done, err := cs.slot.Hold(lifecycle.Background, life.StepSwap)
	if err != nil {
		return
	}
	defer done()
	_, _ = cs.slot.promote(lifecycle.Background, c, why)
}

// ready reports whether a canary may be promoted by its rule, and why; or why not,
// if that is more than that it is too early.
func (c *canary) ready() (why string, ok bool) {
	p := c.promotion
	if p.Calls <= 0 && p.After <= 0 {
		return "", false
	}
	calls, failed := c.since()
	took := time.Since(c.begin)
	if calls < p.Calls || took < p.After {
		return "", false
	}
	if float64(failed) > p.Errors*float64(calls) {
		return fmt.Sprintf("not promoted yet: more than %.3g %% of its calls failed", 100*p.Errors), false
	}
	return fmt.Sprintf("promoted by rule: %d of %d calls failed in %v", failed, calls, took.Round(time.Millisecond)), true
}
