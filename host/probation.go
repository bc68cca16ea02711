package host

import (
	"context"
	"fmt"
	"time"
)

// A Rule says when a version on probation, or a canary, has failed. A field that is
// 0 has its default.
type Rule struct {
	// Errors is the share of calls that may return an error or panic, between
	// 0 and 1; default 0.1. A library whose errors are everyday answers wants more.
	Errors float64
	// Calls is how many calls there must be before their share says anything;
	// default 20.
	Calls int64
	// Health is how often the health hooks are asked; default 1 s.
	Health time.Duration
}

func (r Rule) withDefaults() Rule {
	if r.Errors <= 0 {
		r.Errors = 0.1
	}
	if r.Calls <= 0 {
		r.Calls = 20
	}
	if r.Health <= 0 {
		r.Health = time.Second
	}
	return r
}

// Probation keeps the version before warm for d after a swap: loaded and started,
// with its gate closed. If the new version breaks the rule, fails its health hooks
// or crashes, the calls go back to the warm one at once and the new one is Failed.
// If both hand their state over, the warm one takes it back; where it can't, the new
// one goes on, as no state is thrown away, and the next health interval tries
// again. Only what crashed has no state to give: the warm one goes on with its own,
// as it was before the swap.
//
// A swap during a probation begins another, with the same warm version: what to
// go back to is the last version that has passed. So up to three versions are
// loaded for a moment. With a d of 0 there is no probation, and the rule is for
// canaries only.
func Probation(d time.Duration, rule Rule) Option {
	return func(c *config) {
		c.probation, c.rule = d, rule.withDefaults()
	}
}

// A trial is the probation of the current version.
type trial struct {
	observed
	warm *Library
	over chan struct{} // closed by endTrial
}

// beginTrial starts the probation of lib. s.mu is held, and there is no trial.
func (s *Slot) beginTrial(lib, warm *Library) {
	t := &trial{observed: observe(lib), warm: warm, over: make(chan struct{})}
	warm.state.set(Warm)
	s.trial = t
	go s.watch(t)
}

// endTrial ends the probation, if there is one, and returns it: what is warm is the
// caller's. s.mu is held.
func (s *Slot) endTrial() *trial {
	t := s.trial
	if t != nil {
		s.trial = nil
		t.lib.onError.Store(nil)
		close(t.over)
	}
	return t
}

// watch judges a version until its probation is over.
func (s *Slot) watch(t *trial) {
	passed := time.NewTimer(s.conf.probation)
	defer passed.Stop()
	health := time.NewTicker(s.conf.rule.Health)
	defer health.Stop()
	nudged, said := t.nudged, ""
	for {
		why := ""
		select {
		case <-t.over:
			return
		case <-passed.C:
			s.pass(t)
			return
		case <-nudged:
			why = t.tooManyErrors(s.conf.rule)
		case <-health.C:
			why = t.broken(s.conf.rule)
		}
		if why == "" {
			continue
		}
		s.swapping.Lock()
		_, err := s.goBack(context.Background(), t, why)
		s.swapping.Unlock()
		if err == nil {
			return
		}
		nudged = nil // not before the next health interval
		if text := why + "; it can't be rolled back: " + err.Error(); text != said {
			said = text
			t.lib.emit(Event{State: Serving, Detail: text, Err: err})
		}
	}
}

// pass ends a probation well.
func (s *Slot) pass(t *trial) {
	s.swapping.Lock()
	defer s.swapping.Unlock()
	s.mu.Lock()
	mine := s.trial == t
	if mine {
		s.endTrial()
	}
	s.mu.Unlock()
	if mine {
		t.lib.emit(Event{State: Serving, Passed: true, Detail: fmt.Sprintf("passed its probation of %v", s.conf.probation)})
		_, _ = s.retire(context.Background(), t.warm)
	}
}
