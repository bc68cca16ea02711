package hotsootel

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/metrics"
	"github.com/hotso/hotso/host/life"
)

// scope is the name under which metrics and spans come.
const scope = "github.com/hotso/hotso/host/hotsootel"

// Producer has the metrics of slots, for [metric.WithProducer].
func Producer(slots ...*host.Slot) metric.Producer {
	return ProducerOf(func() []*host.Slot { return slots })
}

// ProducerOf is Producer for slots that come and go. Slots is called for each collection, by several
// goroutines at a time.
func ProducerOf(slots func() []*host.Slot) metric.Producer { return &producer{slots, time.Now()} }

type producer struct {
	slots func() []*host.Slot
	begin time.Time // from which on counters count, for readers: what came before counts, too
}

// Produce implements metric.Producer.
func (p *producer) Produce(context.Context) ([]metricdata.ScopeMetrics, error) {
	var figures []life.SlotFigures
	for _, s := range p.slots() {
		figures = append(figures, s.Figures())
	}
	all, err := metrics.Of(figures)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	out := metricdata.ScopeMetrics{Scope: instrumentation.Scope{Name: scope}}
	for _, f := range all {
		if len(f.Samples) > 0 {
			out.Metrics = append(out.Metrics, metricdata.Metrics{Name: f.Name, Description: f.Help, Unit: f.Unit, Data: p.data(f, now)})
		}
	}
	return []metricdata.ScopeMetrics{out}, nil
}

// data are the values of one metric.
func (p *producer) data(f *metrics.Family, now time.Time) metricdata.Aggregation {
	if f.Kind == metrics.Histogram {
		h := metricdata.ExponentialHistogram[float64]{Temporality: metricdata.CumulativeTemporality}
		for _, s := range f.Samples {
			h.DataPoints = append(h.DataPoints, metricdata.ExponentialHistogramDataPoint[float64]{
				Attributes: attributes(f, s), StartTime: p.begin, Time: now,
				Count: s.Histogram.Count(), Sum: s.Histogram.Sum.Seconds(), Scale: 3,
				// A bucket is called by its lower bound here, and by its upper one in life.Histogram.
				PositiveBucket: metricdata.ExponentialBucket{Offset: int32(s.Histogram.First) - 1, Counts: s.Histogram.Counts},
			})
		}
		return h
	}
	var points []metricdata.DataPoint[float64]
	for _, s := range f.Samples {
		points = append(points, metricdata.DataPoint[float64]{Attributes: attributes(f, s), StartTime: p.begin, Time: now, Value: s.Value})
	}
	if f.Kind == metrics.Counter {
		return metricdata.Sum[float64]{DataPoints: points, Temporality: metricdata.CumulativeTemporality, IsMonotonic: true}
	}
	return metricdata.Gauge[float64]{DataPoints: points}
}

func attributes(f *metrics.Family, s metrics.Sample) attribute.Set {
	var all []attribute.KeyValue
	for i, name := range f.Labels {
		all = append(all, attribute.String(name, s.Labels[i]))
	}
	return attribute.NewSet(all...)
}
