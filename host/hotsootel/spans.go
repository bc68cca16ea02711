package hotsootel

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/hotso/hotso/host"
)

// Spans has each call that is let in, of every kind, be a span: a child of the one in the call's context, named by the
// function, with the attributes library and version. A call that fails has its error as an event and
// its status. A call that its caller has left ends then (host.ErrHung), and one of a
// stream when the stream is open.
func Spans(provider trace.TracerProvider) host.Option {
	tracer := provider.Tracer(scope)
	return host.TraceCalls(func(ctx context.Context, c host.CallInfo) func(error) {
		_, span := tracer.Start(ctx, c.Function, trace.WithSpanKind(trace.SpanKindInternal),
			trace.WithAttributes(attribute.String("library", c.Library), attribute.String("version", c.Version)))
		return func(err error) {
			if err != nil {
				span.RecordError(err)
				span.SetStatus(codes.Error, err.Error())
			}
			span.End()
		}
	})
}

// Traceparent is the W3C traceparent of the span in ctx, to be handed to a library as an argument; empty if
// there is none.
func Traceparent(ctx context.Context) string {
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier["traceparent"]
}
