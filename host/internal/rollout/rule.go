package rollout

import "time"

// A Rule says when a version on probation, or a canary, has failed. A field that is 0
// has its default. Package host documents it.
type Rule struct {
	Errors float64       // share of calls that may return an error or panic, between 0 and 1; default 0.1
	Calls  int64         // before their share says anything; default 20
	Health time.Duration // how often the health hooks are asked; default 1 s
}

// WithDefaults fills in what is 0.
func (r Rule) WithDefaults() Rule {
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
