package host

import (
	"context"
	"io"

	"github.com/hotso/hotso/host/internal/invoke"
)

// Debug asks a library for what it has registered by cabi.OnDebug.
func Debug(l *Library, ctx context.Context, w io.Writer, what string) error {
	return l.v.Target.Debug(ctx, w, what, "")
}

// WithoutDebug makes a library one of an older cabi.
func WithoutDebug(l *Library) { invoke.WithoutDebug(l.v.Target) }
