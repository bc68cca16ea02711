package rollout

import (
	"context"
	"errors"
	"fmt"

	"github.com/hotso/hotso/host/internal/lifecycle"
	"github.com/hotso/hotso/host/life"
)

// An observed version is judged by a Rule, from the moment of observe on.
type observed struct {
	version       *lifecycle.Version
	calls, errors int64         // before
	failed        chan struct{} // a call failed
}

// observe begins to count for a rule. One at a time may observe a version.
func observe(v *lifecycle.Version) observed {
	o := observed{version: v, failed: make(chan struct{}, 1)}
	o.calls, o.errors = v.Target.Figures()
	v.Target.NotifyErrors(o.failed)
	return o
}

// end ends it.
func (o *observed) end() { o.version.Target.NotifyErrors(nil) }

// since is how many calls have ended, and failed, since observe.
func (o *observed) since() (calls, failed int64) {
	calls, failed = o.version.Target.Figures()
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
	if err := o.version.Health(context.Background()); errors.Is(err, life.ErrUnhealthy) {
		return err.Error()
	}
	return ""
}
