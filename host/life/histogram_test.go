package life_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/hotso/hotso/host/life"
)

// of is a histogram of these times.
func of(times ...time.Duration) life.Histogram {
	counts := make([]uint64, life.Buckets)
	var sum time.Duration
	for _, d := range times {
		counts[life.BucketOf(d)-life.FirstBucket]++
		sum += d
	}
	return life.HistogramOf(sum, counts)
}

// A bucket has what is above the bound of the one before it, up to its own.
func TestBuckets(t *testing.T) {
	assert.Equal(t, 0, life.BucketOf(time.Second))
	assert.Equal(t, 1, life.BucketOf(time.Second+1))
	assert.Equal(t, life.BucketsPerDoubling, life.BucketOf(2*time.Second))
	assert.Equal(t, -life.BucketsPerDoubling, life.BucketOf(time.Second/2))
	for i := life.FirstBucket + 1; i < life.LastBucket; i++ {
		bound := life.UpperBound(i)
		assert.Equal(t, i, life.BucketOf(bound-1), bound)
		assert.Equal(t, i+1, life.BucketOf(bound+1), bound)
	}
	assert.Equal(t, life.FirstBucket, life.BucketOf(0))
	assert.Equal(t, life.FirstBucket, life.BucketOf(-time.Second), "a clock that was set back")
	assert.Equal(t, life.LastBucket, life.BucketOf(1000*time.Hour))
}

func TestQuantile(t *testing.T) {
	h := of(time.Millisecond, time.Millisecond, time.Millisecond, time.Second)
	assert.EqualValues(t, 4, h.Count())
	assert.Equal(t, 1003*time.Millisecond, h.Sum)
	assert.InEpsilon(t, time.Millisecond, h.Quantile(0), 0.1)
	assert.InEpsilon(t, time.Millisecond, h.Quantile(0.75), 0.1)
	assert.InEpsilon(t, time.Second, h.Quantile(0.76), 0.1)
	assert.InEpsilon(t, time.Second, h.Quantile(1), 0.1)
	assert.Zero(t, life.Histogram{}.Quantile(0.5))
}

func TestHistogramsAddUp(t *testing.T) {
	early, all := of(time.Microsecond), of(time.Microsecond, time.Microsecond, time.Hour)
	late := all.Minus(early)
	assert.Equal(t, of(time.Microsecond, time.Hour), late)
	assert.Equal(t, all, early.Plus(late))
	assert.Equal(t, life.Histogram{}, all.Minus(all))
	assert.Equal(t, all, all.Plus(life.Histogram{}))
	assert.Equal(t, life.Histogram{}, early.Minus(all).Minus(early), "never below nothing")
}
