// Package pace says when a registry is asked next, so that many hosts do it no harm: those that begin together, fail together
// or are sent away together do not come back together. It knows no clock.
package pace

import "time"

// A Pace is that of one host. Set Interval, which is positive.
type Pace struct {
	Interval time.Duration

	begun    bool
	failures int // in a row
}

const (
	spread      = 6 // pauses end in the last 1/spread of an interval
	maxSlowdown = 8 // intervals
)

// Next is the pause before the next request. random is a number of [0, 1).
func (p *Pace) Next(random float64) time.Duration {
	longest := p.Interval
	for i := 0; i < p.failures && longest < maxSlowdown*p.Interval; i++ {
		longest *= 2
	}
	part := longest / spread
	switch {
	case p.failures > 0:
		part = longest / 2
	case !p.begun:
		part = longest
	}
	p.begun = true
	return longest - time.Duration(random*float64(part))
}

// Heed is a pause at a registry that wants to be left alone for some time, busy. random is a number of [0, 1), another than
// that of Next.
func (p *Pace) Heed(pause, busy time.Duration, random float64) time.Duration {
	return max(pause, busy+time.Duration(random*float64(p.Interval)))
}

// Succeeded is told when the registry has answered.
func (p *Pace) Succeeded() { p.failures = 0 }

// Failed is told when it has not.
func (p *Pace) Failed() { p.failures++ }
