package oci

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// Whatever happens: a pause is never longer than the interval while all is well, nor than eight of them when it is not; never much
// shorter than the interval; and hosts that begin together spread.
func TestPace(t *testing.T) {
	t.Parallel()
	for range 1000 {
		interval := time.Second + rand.N(time.Hour)
		p := pace{interval: interval}
		longest := interval
		for range rand.IntN(30) {
			if rand.IntN(3) == 0 {
				p.succeeded()
				longest = interval
			} else {
				p.failed()
				longest = min(2*longest, maxSlowdown*interval)
			}
			early, late := p.next(1), p.next(0)
			assert.Equal(t, longest, late)
			assert.GreaterOrEqual(t, early, interval*5/6)
			assert.GreaterOrEqual(t, late-early, interval/6-1)
			r := p.next(rand.Float64())
			assert.True(t, early <= r && r <= late)
		}
	}
}

// How many requests a host makes in an interval when nothing changes: a token of five minutes costs two more once it has expired.
func TestRequestsPerInterval(t *testing.T) {
	t.Parallel()
	for _, interval := range []time.Duration{time.Second, DefaultInterval, 30 * time.Second} {
		p := pace{interval: interval}
		var elapsed time.Duration
		requests, expires := 0, time.Duration(0)
		for elapsed < 24*time.Hour {
			requests++
			if elapsed >= expires {
				requests += 2 // it is refused, and a token is asked for
				expires = elapsed + 5*time.Minute
			}
			elapsed += p.next(rand.Float64())
		}
		perInterval := float64(requests) / float64(elapsed/interval)
		t.Logf("%v: %.3f", interval, perInterval)
		if interval <= DefaultInterval {
			assert.Less(t, perInterval, 1.2)
		}
	}
}
