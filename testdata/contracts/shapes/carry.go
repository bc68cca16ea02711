package shapes

import (
	"context"

	"github.com/hotso/hotso/contract"
)

type traceKey struct{}

// WithTrace puts a trace into a context, which crosses.
func WithTrace(ctx context.Context, trace string) context.Context {
	return context.WithValue(ctx, traceKey{}, trace)
}

// Trace is the trace of a context.
func Trace(ctx context.Context) (string, bool) {
	s, ok := ctx.Value(traceKey{}).(string)
	return s, ok
}

func contractCarry() { contract.Carry("trace", Trace, WithTrace) }
