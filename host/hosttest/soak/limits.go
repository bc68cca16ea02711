package soak

import (
	"errors"
	"fmt"
	"time"
)

// Limits are what a soak may come to. The zero Limits allow no leak and no call that fails, and any time.
type Limits struct {
	Failed  int64         // calls that did not succeed
	Slowest time.Duration // of a swap, load and unload; 0: any
	Load    time.Duration // median; 0: any
	Unload  time.Duration // median; 0: any
}

// Check says, in a test of one's own, what of a result is beyond limits.
func (r *Result) Check(l Limits) error {
	var errs []error
	for _, leak := range r.Leaks {
		errs = append(errs, fmt.Errorf("%s v%s leaks %s in %d reloads", r.Library, r.Version, leak, r.Reloads))
	}
	if r.Failed > l.Failed {
		errs = append(errs, fmt.Errorf("%d of %d calls failed: %s", r.Failed, r.Calls, r.Failure))
	}
	for _, x := range []struct {
		what        string
		took, limit time.Duration
	}{
		{"the slowest swap", r.Slowest, l.Slowest}, {"a load", r.Load, l.Load}, {"an unload", r.Unload, l.Unload},
	} {
		if x.limit > 0 && x.took > x.limit {
			errs = append(errs, fmt.Errorf("%s took %v, more than %v", x.what, x.took, x.limit))
		}
	}
	return errors.Join(errs...)
}
