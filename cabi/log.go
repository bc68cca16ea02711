//go:build cgo

package cabi

import (
	"context"
	"log/slog"
	"slices"

	"github.com/hotso/hotso/cabi/abi/wire"
)

// Logger returns a logger whose records go to the host's (host.WithLogger). The
// host adds name and version of this library. Without a host that wants them,
// nothing is enabled.
//
//	func init() { slog.SetDefault(cabi.Logger()) }
func Logger() *slog.Logger { return slog.New(LogHandler()) }

// LogHandler is the handler behind [Logger].
func LogHandler() slog.Handler { return &logHandler{} }

// logRecord takes a level and a record, and returns whether the level is
// enabled; without a record that is all it does.
var logRecord = Host2[int64, []byte, bool](wire.LogFunction)

type logHandler struct{ scopes []logScope }

// A logScope is a group and what was added in it.
type logScope struct {
	group string // "" for the outermost
	attrs []slog.Attr
}

// Enabled asks the host, whose levels may change.
func (h *logHandler) Enabled(_ context.Context, level slog.Level) bool {
	enabled, err := logRecord(int64(level), nil)
	return err == nil && enabled
}

func (h *logHandler) Handle(_ context.Context, r slog.Record) error {
	var attrs []slog.Attr
	r.Attrs(func(a slog.Attr) bool { attrs = append(attrs, a); return true })
	for _, s := range slices.Backward(h.scopes) {
		attrs = append(slices.Clone(s.attrs), attrs...)
		if s.group != "" {
			attrs = []slog.Attr{{Key: s.group, Value: slog.GroupValue(attrs...)}}
		}
	}
	_, err := logRecord(int64(r.Level), wire.AppendRecord(nil, r, attrs))
	return err
}

func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return h.with(logScope{attrs: attrs})
}

func (h *logHandler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return h.with(logScope{group: name})
}

func (h *logHandler) with(s logScope) slog.Handler {
	return &logHandler{append(slices.Clip(h.scopes), s)}
}

var count = Host2[string, int64, None](wire.CountFunction)

// Count adds delta to a metric of the host's (host.OnCount). Without a host that
// counts, nothing happens.
func Count(name string, delta int64) { _, _ = count(name, delta) }
