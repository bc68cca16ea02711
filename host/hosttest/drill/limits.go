package drill

import (
	"errors"
	"fmt"
	"time"
)

// Limits are what a drill may come to. The zero Limits allow no leak, no crash that is not contained and no call of the
// second library that is lost, and any time.
type Limits struct {
	Lost   int64         // calls of the second library that did not succeed
	Freed  time.Duration // until all who were inside are out, at most; 0: any
	Answer time.Duration // until the next good answer, at most; 0: any
}

// Check says, in a test of one's own, what of a result is beyond limits.
func (r *Result) Check(l Limits) error {
	var errs []error
	for _, what := range append(append([]string{}, r.Failures...), r.Leaks...) {
		errs = append(errs, fmt.Errorf("%s v%s, %d crashes: %s", r.Library, r.Version, r.Crashes, what))
	}
	sum := r.Sum()
	if sum.Contained < sum.Crashes {
		errs = append(errs, fmt.Errorf("%d of %d crashes were contained", sum.Contained, sum.Crashes))
	}
	if r.Lost > l.Lost {
		errs = append(errs, fmt.Errorf("%d of %d calls of the second library were lost", r.Lost, r.Calls))
	}
	for _, x := range []struct {
		what        string
		took, limit time.Duration
	}{
		{"until all were out", sum.Freed.Max, l.Freed}, {"until the next answer", sum.Answer.Max, l.Answer},
	} {
		if x.limit > 0 && x.took > x.limit {
			errs = append(errs, fmt.Errorf("it took %v %s, more than %v", x.took, x.what, x.limit))
		}
	}
	return errors.Join(errs...)
}
