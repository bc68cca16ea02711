package foreign

import (
	"context"
	"log/slog"
	"time"

	"github.com/hotso/hotso/host"
)

// What a queue has, as JSON. hotso.h documents the members, under "Events".

type eventItem struct {
	Kind string `json:"kind"`
	host.Event
	Error *details `json:"error,omitempty"`
}

func eventText(e host.Event) []byte {
	i := eventItem{Kind: "event", Event: e}
	if e.Err != nil {
		i.Error = detailsOf(e.Err)
	}
	return encode(i)
}

type watchItem struct {
	Kind    string     `json:"kind"`
	Path    string     `json:"path,omitempty"`
	Version string     `json:"version,omitempty"`
	Swap    *host.Swap `json:"swap,omitempty"`
	Error   *details   `json:"error,omitempty"`
}

type logItem struct {
	Kind       string         `json:"kind"`
	Time       time.Time      `json:"time"`
	Number     int            `json:"level"`
	Message    string         `json:"message"`
	Library    string         `json:"library,omitempty"`
	Version    string         `json:"version,omitempty"`
	Attributes map[string]any `json:"attributes,omitempty"`
}

// A logHandler puts the records of libraries into a queue.
type logHandler struct {
	queue *queue
	level slog.Level
	attrs []slog.Attr // of the host's: library, version
}

// Enabled implements slog.Handler.
func (h *logHandler) Enabled(_ context.Context, l slog.Level) bool { return l >= h.level }

// Handle implements slog.Handler.
func (h *logHandler) Handle(_ context.Context, r slog.Record) error {
	i := logItem{Kind: "log", Time: r.Time, Number: int(r.Level), Message: r.Message}
	for _, a := range h.attrs {
		switch a.Key {
		case "library":
			i.Library = a.Value.String()
		case "version":
			i.Version = a.Value.String()
		}
	}
	if r.NumAttrs() > 0 {
		i.Attributes = map[string]any{}
		r.Attrs(func(a slog.Attr) bool {
			add(i.Attributes, a)
			return true
		})
	}
	h.queue.put(encode(i), true)
	return nil
}

// WithAttrs implements slog.Handler.
func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &logHandler{h.queue, h.level, append(h.attrs[:len(h.attrs):len(h.attrs)], attrs...)}
}

// WithGroup implements slog.Handler. Package host makes no groups: those of a library are in its records.
func (h *logHandler) WithGroup(string) slog.Handler { return h }

// add puts an attribute into an object, in a form that JSON has.
func add(object map[string]any, a slog.Attr) {
	switch v := a.Value.Resolve(); v.Kind() {
	case slog.KindGroup:
		inner := object
		if a.Key != "" { // else its members are those of the object, as slog.Handler says
			inner = map[string]any{}
			object[a.Key] = inner
		}
		for _, member := range v.Group() {
			add(inner, member)
		}
	case slog.KindBool:
		object[a.Key] = v.Bool()
	case slog.KindInt64:
		object[a.Key] = v.Int64()
	case slog.KindUint64:
		object[a.Key] = v.Uint64()
	case slog.KindFloat64:
		object[a.Key] = finite(v.Float64())
	case slog.KindDuration:
		object[a.Key] = v.Duration()
	case slog.KindTime:
		object[a.Key] = v.Time()
	default:
		object[a.Key] = v.String()
	}
}
