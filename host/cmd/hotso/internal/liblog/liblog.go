// Package liblog passes on what libraries log, so many records of each a second: one that logs
// without end neither fills the disk nor hides what others say.
package liblog

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// second is the time in which records are counted.
const second = time.Second

// A Sink writes a record. library is empty if it is the host's own; the attributes of the library
// are in attrs and in r. It may be called by any goroutine.
type Sink func(ctx context.Context, library, version string, attrs []slog.Attr, r slog.Record) error

// Logs are those of all libraries of a server. They are safe for concurrent use.
type Logs struct {
	sink Sink
	rate atomic.Int64

	mu      sync.Mutex
	windows map[string]*window // by library
	closed  bool
}

// A window counts the records of a library.
type window struct {
	start   time.Time
	written int64
	dropped int64
	version string // that the last dropped record is from
	timer   *time.Timer
}

// New writes to sink, at most rate records of a library a second; 0 is any number.
func New(sink Sink, rate int) *Logs {
	l := &Logs{sink: sink, windows: map[string]*window{}}
	l.SetRate(rate)
	return l
}

// SetRate changes the rate, from the next record on.
func (l *Logs) SetRate(rate int) { l.rate.Store(int64(rate)) }

// Handler is for host.WithLogger.
func (l *Logs) Handler() slog.Handler { return handler{logs: l} }

// Close writes how many records were dropped, as far as that is not written yet.
func (l *Logs) Close() {
	l.mu.Lock()
	l.closed = true
	var names []string
	for name, w := range l.windows {
		if w.timer != nil {
			w.timer.Stop()
		}
		names = append(names, name)
	}
	l.mu.Unlock()
	slices.Sort(names)
	for _, name := range names {
		l.tell(name)
	}
}

// take reports whether a record is to be written.
func (l *Logs) take(library, version string, now time.Time) bool {
	rate := l.rate.Load()
	if rate == 0 {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.windows[library]
	if w == nil {
		w = &window{}
		l.windows[library] = w
	}
	// While there are dropped ones the window is over when they are told, and so in their place.
	if now.Sub(w.start) >= second && w.dropped == 0 {
		w.start, w.written = now, 0
	}
	if w.written < rate && w.dropped == 0 {
		w.written++
		return true
	}
	w.dropped++
	w.version = version
	if w.dropped == 1 && !l.closed {
		w.timer = time.AfterFunc(w.start.Add(second).Sub(now), func() { l.tell(library) })
	}
	return false
}

// tell writes how many records of a library were dropped, and has it begin anew.
func (l *Logs) tell(library string) {
	l.mu.Lock()
	w := l.windows[library]
	dropped, version := w.dropped, w.version
	w.dropped, w.written, w.start = 0, 0, time.Now()
	l.mu.Unlock()
	if dropped == 0 {
		return
	}
	r := slog.NewRecord(time.Now(), slog.LevelWarn, "log records were dropped: the library logs too much", 0)
	r.AddAttrs(slog.Int64("dropped", dropped), slog.Int64("rate", l.rate.Load()))
	_ = l.sink(context.Background(), library, version, nil, r)
}

// handler implements slog.Handler. The host adds library and version to each record of a library.
type handler struct {
	logs             *Logs
	library, version string
	attrs            []slog.Attr
}

func (h handler) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelInfo }

func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	if len(attrs) == 2 && h.library == "" && attrs[0].Key == "library" && attrs[1].Key == "version" {
		h.library, h.version = attrs[0].Value.String(), attrs[1].Value.String()
		return h
	}
	h.attrs = append(slices.Clone(h.attrs), attrs...)
	return h
}

// WithGroup is not used by the host, whose attributes are none of a group's.
func (h handler) WithGroup(string) slog.Handler { return h }

func (h handler) Handle(ctx context.Context, r slog.Record) error {
	if h.library != "" && !h.logs.take(h.library, h.version, time.Now()) {
		return nil
	}
	return h.logs.sink(ctx, h.library, h.version, h.attrs, r)
}
