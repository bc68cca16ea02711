package host

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hotso/hotso/host/internal/call"
)

// A Rule says when a version on probation has failed. A field that is 0 has its
// default.
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
// loaded for a moment.
func Probation(d time.Duration, rule Rule) Option {
	return func(c *config) {
		if rule.Errors <= 0 {
			rule.Errors = 0.1
		}
		if rule.Calls <= 0 {
			rule.Calls = 20
		}
		if rule.Health <= 0 {
			rule.Health = time.Second
		}
		c.probation, c.rule = d, rule
	}
}

// A trial is the probation of the current version.
type trial struct {
	lib, warm     *Library
	calls, errors int64         // of lib, before
	nudged        chan struct{} // a call failed
	over          chan struct{} // closed by endTrial
}

// beginTrial starts the probation of lib. s.mu is held, and there is no trial.
func (s *Slot) beginTrial(lib, warm *Library) {
	t := &trial{lib: lib, warm: warm, nudged: make(chan struct{}, 1), over: make(chan struct{})}
	t.calls, t.errors = lib.figures()
	lib.onError.Store(&t.nudged)
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
			if why = t.tooManyErrors(s.conf.rule); why == "" {
				why = t.unhealthy()
			}
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

func (t *trial) tooManyErrors(r Rule) string {
	calls, failed := t.lib.figures()
	calls, failed = calls-t.calls, failed-t.errors
	if calls < r.Calls || float64(failed) <= r.Errors*float64(calls) {
		return ""
	}
	return fmt.Sprintf("%d of %d calls failed, more than %.3g %%", failed, calls, 100*r.Errors)
}

func (t *trial) unhealthy() string {
	if err := t.lib.Health(context.Background()); errors.Is(err, ErrUnhealthy) {
		return err.Error()
	}
	return ""
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

// figures are how many calls have ended since the version was loaded, and how many
// of them returned an error or panicked.
func (l *Library) figures() (calls, errors int64) {
	return max(l.gate.Left()-l.uncounted.Load(), 0), l.errors.Load()
}

// leaveUncounted gives the gate back for those who held it and were no call.
func (l *Library) leaveUncounted(frame *call.Frame) {
	l.uncounted.Add(1)
	l.gate.Leave(frame)
}

// countError notes that a call failed.
func (l *Library) countError() {
	l.errors.Add(1)
	if c := l.onError.Load(); c != nil {
		select {
		case *c <- struct{}{}:
		default:
		}
	}
}
