package hotsoprom

import (
	"math"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/hotso/hotso/host/life"
)

const (
	schema = 3 // that of life.Histogram

	// Upper bounds of classic buckets are 2^firstBound seconds to 2^lastBound: half a microsecond to half a minute.
	firstBound = -21
	lastBound  = 5
)

// A histogram is native and classic at once: the server takes what it knows.
type histogram struct {
	prometheus.Metric // native
	classic           []*dto.Bucket
}

func newHistogram(desc *prometheus.Desc, h life.Histogram, labels []string) prometheus.Metric {
	counts := map[int]int64{}
	for i, n := range h.Counts {
		if n > 0 {
			counts[h.First+i] = int64(n)
		}
	}
	native := prometheus.MustNewConstNativeHistogram(desc, h.Count(), h.Sum.Seconds(), counts, nil, 0, schema, 0, time.Time{}, labels...)
	return histogram{native, classic(h)}
}

// classic are the classic buckets, whose bounds are some of the native ones: so they are exact.
func classic(h life.Histogram) (buckets []*dto.Bucket) {
	var sum uint64
	next := 0
	for bound := firstBound; bound <= lastBound; bound++ {
		for ; next < len(h.Counts) && h.First+next <= bound*life.BucketsPerDoubling; next++ {
			sum += h.Counts[next]
		}
		count, upper := sum, math.Exp2(float64(bound))
		buckets = append(buckets, &dto.Bucket{CumulativeCount: &count, UpperBound: &upper})
	}
	return buckets
}

// Write implements prometheus.Metric.
func (h histogram) Write(out *dto.Metric) error {
	if err := h.Metric.Write(out); err != nil {
		return err
	}
	out.Histogram.Bucket = h.classic
	out.Histogram.CreatedTimestamp = nil // when the first call came, nobody has noted
	return nil
}
