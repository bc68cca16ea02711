package pace

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// Whatever happens: a pause is never longer than the interval while all is well, nor than eight of them when it is not; never much
// shorter than the interval, but for the first one; and hosts that begin together spread.
func TestNext(t *testing.T) {
	for range 1000 {
		interval := time.Second + rand.N(time.Hour)
		p := Pace{Interval: interval}
		first, other := p, p
		assert.Equal(t, interval, first.Next(0))
		assert.Zero(t, other.Next(1), "those that begin together part at once")
		p.Next(0)
		longest := interval
		for range rand.IntN(30) {
			if rand.IntN(3) == 0 {
				p.Succeeded()
				longest = interval
			} else {
				p.Failed()
				longest = min(2*longest, maxSlowdown*interval)
			}
			early, late := p.Next(1), p.Next(0)
			assert.Equal(t, longest, late)
			assert.GreaterOrEqual(t, early, interval*5/6)
			assert.GreaterOrEqual(t, late-early, interval/6-1)
			r := p.Next(rand.Float64())
			assert.True(t, early <= r && r <= late)
		}
	}
}

// Nobody comes before the registry wants it, nor more often because of it.
func TestHeed(t *testing.T) {
	p := Pace{Interval: 12 * time.Second}
	assert.Equal(t, time.Minute, p.Heed(12*time.Second, time.Minute, 0))
	assert.Equal(t, 72*time.Second, p.Heed(12*time.Second, time.Minute, 1))
	assert.Equal(t, 12*time.Second, p.Heed(12*time.Second, time.Second, 0.5))
}

// How many requests a host makes in an interval when nothing changes: a token of five minutes costs two more once it has expired.
func TestRequestsPerInterval(t *testing.T) {
	for _, interval := range []time.Duration{time.Second, 15 * time.Second, 30 * time.Second} {
		p := Pace{Interval: interval}
		var elapsed time.Duration
		requests, expires := 0, time.Duration(0)
		for elapsed < 24*time.Hour {
			requests++
			if elapsed >= expires {
				requests += 2 // it is refused, and a token is asked for
				expires = elapsed + 5*time.Minute
			}
			elapsed += p.Next(rand.Float64())
		}
		perInterval := float64(requests) / float64(elapsed/interval)
		t.Logf("%v: %.3f", interval, perInterval)
		if interval <= 15*time.Second {
			assert.Less(t, perInterval, 1.2)
		}
	}
}
