package registry

import "time"

// Looks back must not take up the tests' time.
func init() { settle = 50 * time.Millisecond }

// After is what a Retry-After means.
var After = after
