package life

import (
	"math"
	"sort"
	"time"
)

// The buckets of a [Histogram]: BucketsPerDoubling of them for each doubling of a time, so that
// neighbours are 9 % apart. They are those of Prometheus's native histograms with schema 3
// (https://prometheus.io/docs/specs/native_histograms/#schema): bucket i has what took more than
// 2^((i-1)/8) seconds and at most 2^(i/8).
const (
	BucketsPerDoubling = 8
	FirstBucket        = -25 * BucketsPerDoubling // up to 30 ns, and all that is less
	LastBucket         = 12 * BucketsPerDoubling  // 68 minutes, and all that is more
	Buckets            = LastBucket - FirstBucket + 1
)

// BucketOf is the index of the bucket that has d.
func BucketOf(d time.Duration) int {
	if d <= 0 {
		return FirstBucket
	}
	fraction, exponent := math.Frexp(d.Seconds()) // of 0.5 to 1
	i := sort.SearchFloat64s(bounds[:], fraction) + (exponent-1)*BucketsPerDoubling
	return min(max(i, FirstBucket), LastBucket)
}

// bounds are the upper bounds of the buckets between a half and one.
var bounds = func() (b [BucketsPerDoubling]float64) {
	for i := range b {
		b[i] = math.Exp2(float64(i)/BucketsPerDoubling - 1)
	}
	return b
}()

// UpperBound is the longest time that bucket i has.
func UpperBound(i int) time.Duration {
	return time.Duration(math.Exp2(float64(i)/BucketsPerDoubling) * float64(time.Second))
}

// A Histogram says how long things took. The zero Histogram has none.
type Histogram struct {
	Sum    time.Duration `json:"sum"`              // of all of them, nanoseconds
	First  int           `json:"first"`            // index of the bucket that Counts begin with
	Counts []uint64      `json:"counts,omitempty"` // by bucket; neither the first nor the last is 0
}

// HistogramOf has what counts says of the buckets from FirstBucket on. It keeps none of it.
func HistogramOf(sum time.Duration, counts []uint64) Histogram {
	first, last := 0, len(counts)
	for ; first < last && counts[first] == 0; first++ {
	}
	for ; last > first && counts[last-1] == 0; last-- {
	}
	if first == last {
		return Histogram{}
	}
	return Histogram{sum, FirstBucket + first, append([]uint64(nil), counts[first:last]...)}
}

// Count is how many there were.
func (h Histogram) Count() (n uint64) {
	for _, c := range h.Counts {
		n += c
	}
	return n
}

// Quantile is the time that a share q (0 to 1) of them took at most, up to the width of a bucket;
// 0 if there was none.
func (h Histogram) Quantile(q float64) time.Duration {
	need := max(q*float64(h.Count()), 1)
	for i, c := range h.Counts {
		if need -= float64(c); need <= 0 {
			return UpperBound(h.First + i)
		}
	}
	return 0
}

// Minus is what has come since before, an earlier state of the same histogram.
func (h Histogram) Minus(before Histogram) Histogram {
	counts := make([]uint64, Buckets)
	for i := range counts {
		n := h.bucket(FirstBucket + i)
		counts[i] = n - min(n, before.bucket(FirstBucket+i))
	}
	return HistogramOf(h.Sum-before.Sum, counts)
}

// Plus has what either has.
func (h Histogram) Plus(other Histogram) Histogram {
	counts := make([]uint64, Buckets)
	for i := range counts {
		counts[i] = h.bucket(FirstBucket+i) + other.bucket(FirstBucket+i)
	}
	return HistogramOf(h.Sum+other.Sum, counts)
}

// bucket is the count of one.
func (h Histogram) bucket(i int) uint64 {
	if i -= h.First; i >= 0 && i < len(h.Counts) {
		return h.Counts[i]
	}
	return 0
}
