package host

import (
	"time"

	"github.com/hotso/hotso/host/internal/rollout"
)

// A Rule says when a version on probation, or a canary, has failed. A field that is
// 0 has its default.
type Rule struct {
	// Errors is the share of calls that may return an error or panic, between
	// 0 and 1; default 0.1. If a library returns errors every day, allow more.
	Errors float64
	// Calls is how many calls there must be before their share says anything;
	// default 20.
	Calls int64
	// Health is how often the health hooks are asked; default 1 s.
	Health time.Duration
}

// Probation keeps the previous version warm for d after a swap: loaded and started,
// with its gate closed. If the new version breaks the rule, fails its health hooks
// or crashes, the calls go back to the warm one at once and the new one is Failed.
// If both hand their state over, the warm one takes it back; if it can't, the new
// one goes on, as no state is thrown away, and it is tried again: after two health
// intervals, then four, in the end once a minute. Only a version that crashed has no
// state to give: then the warm one goes on with its own, as it was before the swap.
//
// A swap during a probation begins another, with the same warm version, because calls
// go back to the last version that has passed. So up to three versions are
// loaded for a moment. With a d of 0 there is no probation, and the rule is for
// canaries only.
func Probation(d time.Duration, rule Rule) Option {
	return func(c *config) { c.Probation, c.Rule = d, rollout.Rule(rule).WithDefaults() }
}

// BlueGreen keeps the previous version (blue) loaded for a time after a swap, with its
// gate closed, whatever the new one (green) does, so that Rollback, or a crash, goes back
// to it at once. Nothing else does. Probation also judges the new version and goes back
// by itself; where both are given, Probation counts. A further swap
// lets blue go, and green becomes the next blue.
func BlueGreen(after time.Duration) Option {
	return func(c *config) { c.BlueGreen = after }
}
