package oci

import "time"

// A pace says when a registry is asked next. It knows no clock.
type pace struct {
	interval time.Duration
	failures int // in a row
}

const (
	spread      = 6 // pauses end in the last 1/spread of an interval
	maxSlowdown = 8 // intervals
)

// next is the pause before the next request. random is a number of [0, 1).
func (p *pace) next(random float64) time.Duration {
	longest := p.interval
	for i := 0; i < p.failures && longest < maxSlowdown*p.interval; i++ {
		longest *= 2
	}
	part := longest / spread
	if p.failures > 0 {
		part = longest / 2 // hosts that have failed together come back apart
	}
	return longest - time.Duration(random*float64(part))
}

func (p *pace) succeeded() { p.failures = 0 }
func (p *pace) failed()    { p.failures++ }
