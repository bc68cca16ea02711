// Package hotsootel has the metrics of slots, and spans of their calls, for OpenTelemetry.
//
//	slot := host.NewSlot("greeter", host.MeasureCalls(), hotsootel.Spans(otel.GetTracerProvider()))
//	reader := metric.NewPeriodicReader(exporter, metric.WithProducer(hotsootel.Producer(slot)))
//	provider := metric.NewMeterProvider(metric.WithReader(reader))
//
// The metrics are those of package hotsoprom, and docs/metrics.md lists them: hotso.call.duration is
// hotso_call_duration_seconds there. They come by a producer, not by instruments, as what slots have are histograms
// that are counted already, for which OpenTelemetry has no asynchronous instrument: they are exponential
// histograms of scale 3, bucket by bucket. Views do not apply to what a producer has. Values are read when the reader collects.
//
// # Spans of a library
//
// A library has an OpenTelemetry of its own, or none. The values of a context do not cross to it. For its
// spans to be children of the caller's, a parameter has to carry the W3C traceparent, by convention a
// field or parameter of type string, named Traceparent:
//
//	type Request struct {
//		Traceparent string // of the caller's span
//		...
//	}
//
//	reply, err := shop.Buy(ctx, Request{Traceparent: hotsootel.Traceparent(ctx), ...})
//
// and in the library
//
//	ctx = propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": r.Traceparent})
//	ctx, span := tracer.Start(ctx, "buy")
package hotsootel
