package host

import (
	"context"
	"fmt"
	"time"
)

// watchCanary judges a canary until it has ended.
func (s *Slot) watchCanary(c *canary) {
	health := time.NewTicker(s.conf.rule.Health)
	defer health.Stop()
	said := ""
	for {
		failed := ""
		select {
		case <-c.over:
			return
		case <-c.nudged:
			failed = c.tooManyErrors(s.conf.rule)
		case <-health.C:
			if failed = c.broken(s.conf.rule); failed != "" {
				break
			}
			why, ready := c.ready()
			if ready {
				s.swapping.Lock()
				_, _ = s.promote(context.Background(), c, why)
				s.swapping.Unlock()
			} else if why != "" && why != said {
				said = why
				s.emit(c.v, Event{State: Canary, Detail: why})
			}
		}
		if failed != "" {
			s.mu.Lock()
			if s.canary.Load() == c {
				s.dropCanary(c, failed)
			}
			s.mu.Unlock()
		}
	}
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

// dropCanary ends a canary by the slot's own decision; it is retired in the
// background. What has crashed lets itself go. s.mu is held.
func (s *Slot) dropCanary(c *canary, why string) {
	s.endCanary()
	s.leaving.Add(1)
	go func() {
		defer s.leaving.Done()
		e := Event{State: Failed, Detail: "canary aborted: " + why}
		if c.lib.dead() {
			e.Err = c.lib.crashError()
		}
		s.emit(c.v, e)
		if !c.lib.dead() {
			_, _ = s.retire(context.Background(), c.lib)
		}
	}()
}

// bindCanary binds a function in the canary as well. One that lacks it is ended: the
// host goes by the version that serves. s.mu is held.
func (s *Slot) bindCanary(c *canary, b *binding) {
	fn, err := c.lib.lookup(b.name, b.sig)
	if err != nil {
		s.dropCanary(c, "the host has bound "+b.name+": "+err.Error())
		return
	}
	c.lib.addBound(fn)
}

// recoverCanary promotes the canary in place of a current version that crashed and
// left nothing else to go to. It reports whether there was one.
func (s *Slot) recoverCanary(dead *Library) bool {
	s.mu.Lock()
	c := s.canary.Load()
	if c == nil || s.current.Load() != dead {
		s.mu.Unlock()
		return false
	}
	_, err := s.publishLocked(c.lib)
	if err == nil {
		s.takeCanary()
	}
	s.mu.Unlock()
	if err != nil {
		return false
	}
	s.emit(c.v, Event{State: Serving, Detail: "promoted: v" + dead.Version() + " crashed, and there is no other"})
	return true
}
