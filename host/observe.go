package host

import (
	"context"
	"errors"
	"fmt"
)

// An observed version is judged by a Rule, from the moment of observe on.
type observed struct {
	lib           *Library
	calls, errors int64         // before
	nudged        chan struct{} // a call failed
}

// observe begins to count for a rule. One at a time may observe a version.
func observe(lib *Library) observed {
	o := observed{lib: lib, nudged: make(chan struct{}, 1)}
	o.calls, o.errors = lib.figures()
	lib.onError.Store(&o.nudged)
	return o
}

// since is how many calls have ended, and failed, since observe.
func (o *observed) since() (calls, failed int64) {
	calls, failed = o.lib.figures()
	return calls - o.calls, failed - o.errors
}

// tooManyErrors says so, or nothing.
func (o *observed) tooManyErrors(r Rule) string {
	calls, failed := o.since()
	if calls < r.Calls || float64(failed) <= r.Errors*float64(calls) {
		return ""
	}
	return fmt.Sprintf("%d of %d calls failed, more than %.3g %%", failed, calls, 100*r.Errors)
}

// broken says why the version has failed, or nothing.
func (o *observed) broken(r Rule) string {
	if why := o.tooManyErrors(r); why != "" {
		return why
	}
	return o.unhealthy()
}

// unhealthy says what the health hooks say, or nothing.
func (o *observed) unhealthy() string {
	if err := o.lib.Health(context.Background()); errors.Is(err, ErrUnhealthy) {
		return err.Error()
	}
	return ""
}

// figures are how many calls have ended since the version was loaded, and how many
// of them returned an error or panicked.
func (l *Library) figures() (calls, errors int64) {
	return max(l.gate.Left()-l.uncounted.Load(), 0), l.errors.Load()
}

// leaveUncounted gives the gate back for those who held it and were no call.
func (l *Library) leaveUncounted(s *seat) {
	l.uncounted.Add(1)
	l.gate.Leave(s)
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
