package hotsootel_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/hosttest"
	"github.com/hotso/hotso/host/hotsootel"
	"github.com/hotso/hotso/host/internal/libtest"
)

// The TLS carrier, the eventfd for crashes, and the list of threads stay until the process ends.
func TestMain(m *testing.M) {
	libtest.Main(m, libtest.Allow("hotso-tls", "anon_inode:[eventfd]", "/task"))
}

var library = map[string]any{
	"Add":  func(a, b int32) int32 { return a + b },
	"Fail": func() error { return errors.New("no") },
	"Doze": func() int64 { time.Sleep(3 * time.Millisecond); return 0 },
	"Say":  func(traceparent string) string { return traceparent },
}

// collect has what a reader gets of slots, by name.
func collect(t *testing.T, slots ...*host.Slot) map[string]metricdata.Metrics {
	reader := metric.NewManualReader(metric.WithProducer(hotsootel.Producer(slots...)))
	provider := metric.NewMeterProvider(metric.WithReader(reader))
	defer provider.Shutdown(context.Background())
	var rm metricdata.ResourceMetrics
	require.NoError(t, reader.Collect(t.Context(), &rm))
	require.Len(t, rm.ScopeMetrics, 1)
	found := map[string]metricdata.Metrics{}
	for _, m := range rm.ScopeMetrics[0].Metrics {
		found[m.Name] = m
	}
	return found
}

func TestProducer(t *testing.T) {
	slot := hosttest.New(t, library, host.MeasureCalls())
	_, err := slot.Call(t.Context(), "Doze")
	require.NoError(t, err)
	all := collect(t, slot)
	calls, ok := all["hotso.calls"].Data.(metricdata.Sum[float64])
	require.True(t, ok)
	require.Len(t, calls.DataPoints, 1)
	assert.True(t, calls.IsMonotonic)
	assert.Equal(t, 1.0, calls.DataPoints[0].Value)
	assert.Equal(t, attribute.NewSet(attribute.String("library", "hosttest"), attribute.String("version", "1")), calls.DataPoints[0].Attributes)

	duration, ok := all["hotso.call.duration"].Data.(metricdata.ExponentialHistogram[float64])
	require.True(t, ok)
	assert.Equal(t, "s", all["hotso.call.duration"].Unit)
	require.Len(t, duration.DataPoints, 1)
	d := duration.DataPoints[0]
	assert.EqualValues(t, 1, d.Count)
	require.Equal(t, []uint64{1}, d.PositiveBucket.Counts)
	// Its bucket is that into which the SDK puts the same value.
	assert.Equal(t, bucketOf(t, d.Sum), d.PositiveBucket.Offset)

	gauge, ok := all["hotso.calls.in_flight"].Data.(metricdata.Gauge[float64])
	require.True(t, ok)
	assert.Equal(t, 0.0, gauge.DataPoints[0].Value)
}

// bucketOf asks the SDK for the bucket of scale 3.
func bucketOf(t *testing.T, value float64) int32 {
	reader := metric.NewManualReader()
	provider := metric.NewMeterProvider(metric.WithReader(reader), metric.WithView(metric.NewView(metric.Instrument{Name: "*"},
		metric.Stream{Aggregation: metric.AggregationBase2ExponentialHistogram{MaxSize: 160, MaxScale: 3}})))
	defer provider.Shutdown(context.Background())
	h, err := provider.Meter("test").Float64Histogram("h")
	require.NoError(t, err)
	h.Record(t.Context(), value)
	var rm metricdata.ResourceMetrics
	require.NoError(t, reader.Collect(t.Context(), &rm))
	return rm.ScopeMetrics[0].Metrics[0].Data.(metricdata.ExponentialHistogram[float64]).DataPoints[0].PositiveBucket.Offset
}

func TestTwoSlotsOfOneName(t *testing.T) {
	slot := hosttest.New(t, library)
	_, err := hotsootel.Producer(slot, slot).Produce(t.Context())
	require.ErrorContains(t, err, "two slots are called")
}

func TestSpans(t *testing.T) {
	exported := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(exported))
	slot := hosttest.New(t, library, hotsootel.Spans(provider))
	ctx, request := provider.Tracer("test").Start(t.Context(), "request")
	_, err := slot.Call(ctx, "Add", 1, 2)
	require.NoError(t, err)
	hosttest.Swap(t, slot, library)
	_, err = slot.Call(ctx, "Fail")
	require.ErrorIs(t, err, host.ErrCall)
	request.End()

	var text []string
	for _, s := range exported.GetSpans()[:2] {
		assert.Equal(t, request.SpanContext().SpanID(), s.Parent.SpanID(), s.Name)
		text = append(text, fmt.Sprint(s.Name, " ", s.Attributes[0].Value.AsString(), " v", s.Attributes[1].Value.AsString(), " ", s.Status.Code, " ", len(s.Events)))
	}
	assert.Equal(t, []string{"Add hosttest v1 " + codes.Unset.String() + " 0", "Fail hosttest v2 " + codes.Error.String() + " 1"}, text)

	said, err := slot.Call(ctx, "Say", hotsootel.Traceparent(ctx))
	require.NoError(t, err)
	s := request.SpanContext()
	assert.Equal(t, fmt.Sprintf("00-%s-%s-01", s.TraceID(), s.SpanID()), said.Value)
	assert.Empty(t, hotsootel.Traceparent(t.Context()))
}
