//go:build cgo

package cabilog

import (
	"context"
	"log/slog"
	"slices"

	"github.com/hotso/hotso/cabi"
	"github.com/hotso/hotso/cabi/abi/wire"
	"github.com/hotso/hotso/cabi/abi/wire/record"
)

// New returns a logger whose records go to the host's.
func New() *slog.Logger { return slog.New(Handler()) }

// Handler is the handler behind [New].
func Handler() slog.Handler { return &handler{} }

// send takes a level and a record, and returns whether the level is
// enabled; without a record that is all it does.
var send = cabi.Host2[int64, []byte, bool](wire.LogFunction)

type handler struct{ scopes []scope }

// A scope is a group and what was added in it.
type scope struct {
	group string // "" for the outermost
	attrs []slog.Attr
}

// Enabled asks the host, whose levels may change.
func (h *handler) Enabled(_ context.Context, level slog.Level) bool {
	enabled, err := send(int64(level), nil)
	return err == nil && enabled
}

func (h *handler) Handle(_ context.Context, r slog.Record) error {
	var attrs []slog.Attr
	r.Attrs(func(a slog.Attr) bool { attrs = append(attrs, a); return true })
	for _, s := range slices.Backward(h.scopes) {
		attrs = append(slices.Clone(s.attrs), attrs...)
		if s.group != "" {
			attrs = []slog.Attr{{Key: s.group, Value: slog.GroupValue(attrs...)}}
		}
	}
	_, err := send(int64(r.Level), record.Append(nil, r, attrs))
	return err
}

func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return h.with(scope{attrs: attrs})
}

func (h *handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return h.with(scope{group: name})
}

func (h *handler) with(s scope) slog.Handler {
	return &handler{append(slices.Clip(h.scopes), s)}
}
