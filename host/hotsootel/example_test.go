package hotsootel_test

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/hotsootel"
)

func ExampleProducer() {
	ctx := context.Background()
	slot := host.NewSlot("greeter", host.MeasureCalls(), hotsootel.Spans(otel.GetTracerProvider()))
	defer slot.Close(ctx)
	reader := metric.NewManualReader(metric.WithProducer(hotsootel.Producer(slot))) // or a PeriodicReader with an exporter
	provider := metric.NewMeterProvider(metric.WithReader(reader))
	defer provider.Shutdown(ctx)

	// Here the version is linked in; mostly it is a file, as slot.Swap takes it.
	v1 := host.Builtin("1", map[string]any{"Greet": func(name string) string { return "Hello, " + name }})
	if _, err := slot.SwapTo(ctx, v1); err != nil {
		fmt.Println(err)
	}
	_, _ = slot.Call(ctx, "Greet", "Ada")

	var collected metricdata.ResourceMetrics
	if err := reader.Collect(ctx, &collected); err != nil {
		fmt.Println(err)
	}
	calls := collected.ScopeMetrics[0].Metrics[0]
	fmt.Println(calls.Name, calls.Data.(metricdata.Sum[float64]).DataPoints[0].Value)
	// Output: hotso.calls 1
}
