package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/fatih/color"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/config"
	"github.com/hotso/hotso/host/cmd/hotso/internal/liblog"
	"github.com/hotso/hotso/host/cmd/hotso/internal/printable"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
)

// A serveLog writes what a server does, and what its libraries log, to stderr: for people, or as
// lines of JSON (servelog_json.go). With json the events go to stdout as they are, and stderr has
// them only in JSON. It is safe for concurrent use.
type serveLog struct {
	*terminal
	json     bool
	machines atomic.Bool // the log is JSON
	people   slog.Handler
	machine  slog.Handler
	logs     *liblog.Logs
	label    int // width of the column of versions
}

func newServeLog(t *terminal, json bool) *serveLog {
	l := &serveLog{terminal: t, json: json,
		people: slog.NewTextHandler(t.err, nil), machine: slog.NewJSONHandler(printable.JSON(t.err), nil)}
	l.logs = liblog.New(l.ofLibrary, defaultLogRate)
	t.failed = l.failed
	return l
}

// set changes the form of the log, and how much of it libraries may have.
func (l *serveLog) set(form string, rate int) {
	l.machines.Store(form == config.JSONLog)
	l.logs.SetRate(rate)
}

// close writes what is not written yet.
func (l *serveLog) close() { l.logs.Close() }

// libraries has the log records of libraries (cabilog) written.
func (l *serveLog) libraries() host.Option { return host.WithLogger(slog.New(l.logs.Handler())) }

// ofLibrary writes a record of a library, or of the host.
func (l *serveLog) ofLibrary(ctx context.Context, library, version string, attrs []slog.Attr, r slog.Record) error {
	if l.machines.Load() {
		return l.machine.Handle(ctx, forMachines(library, version, attrs, r))
	}
	h := l.people
	if library != "" {
		h = h.WithAttrs([]slog.Attr{slog.String("library", library), slog.String("version", version)})
	}
	return h.WithAttrs(attrs).Handle(ctx, r)
}

// ofHTTP is for what net/http has to say of clients.
func (l *serveLog) ofHTTP() *log.Logger {
	lines := printable.Log(l.err)
	return log.New(writerFunc(func(p []byte) (int, error) {
		if l.machines.Load() {
			l.write(slog.LevelWarn, strings.TrimSpace(string(p)))
			return len(p), nil
		}
		_, err := io.WriteString(lines, "hotso: "+string(p))
		return len(p), err
	}), "", 0)
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// note and warn write a line of what the server does that is no event.
func (l *serveLog) note(format string, args ...any) { l.line(slog.LevelInfo, format, args...) }
func (l *serveLog) warn(format string, args ...any) { l.line(slog.LevelWarn, format, args...) }

func (l *serveLog) line(level slog.Level, format string, args ...any) {
	if l.machines.Load() {
		l.write(level, fmt.Sprintf(format, args...))
		return
	}
	l.terminal.note(format, args...)
}

// failed writes the error that ends the server, and reports whether it did.
func (l *serveLog) failed(err error) bool {
	if !l.machines.Load() {
		return false
	}
	l.write(slog.LevelError, "the server has failed", slog.String("error", err.Error()))
	return true
}

// logged are the states that people want to know, with their colours.
var logged = map[host.State]color.Attribute{
	host.Serving:     color.FgGreen,
	host.Canary:      color.FgCyan,
	host.Refused:     color.FgRed,
	host.Failed:      color.FgRed,
	host.Crashed:     color.FgRed,
	host.Quarantined: color.FgYellow,
	host.Resident:    color.Faint,
	host.Unloaded:    color.Faint,
	server.Ignored:   color.Faint,
	server.Removed:   color.Faint,
	server.Trouble:   color.FgYellow,
}

func (l *serveLog) listening(addr, waitsFor string) {
	if l.machines.Load() {
		attrs := []slog.Attr{slog.String("address", "http://"+addr)}
		if waitsFor != "" {
			attrs = append(attrs, slog.String("waits_for", waitsFor))
		}
		l.write(slog.LevelInfo, "listening", attrs...)
	}
	if l.json {
		_ = l.jsonLine(map[string]string{"listening": "http://" + addr})
	}
	if l.json || l.machines.Load() {
		return
	}
	what := "http://" + addr
	if waitsFor != "" {
		what += ", waiting for " + waitsFor
	}
	fmt.Fprintf(l.err, "%s %s\n", time.Now().Format(time.TimeOnly), printable.Line(what))
}

// withPage adds to why something failed what hotso help has on it.
func withPage(why, page string) string {
	if page == "" {
		return why
	}
	return why + " (hotso help " + printable.Line(page) + ")"
}

// event is called by one goroutine at a time.
func (l *serveLog) event(e server.Event) {
	if l.json {
		_ = l.jsonLine(e)
	}
	if l.machines.Load() {
		l.step(e)
	}
	if l.json || l.machines.Load() {
		return
	}
	attr, ok := logged[e.State]
	if !ok {
		return
	}
	label := printable.Label(e.Name, e.Version)
	l.label = max(l.label, utf8.RuneCountInString(label))
	detail := firstLine(e.Detail, e.File)
	detail = withPage(detail, e.Page)
	if e.State == host.Serving {
		detail = strings.TrimSpace("(load " + duration(e.Took) + ") " + detail)
	}
	line := fmt.Sprintf("%s %-*s %s %s", e.Time.Format(time.TimeOnly), l.label, label,
		paint(l.errColor, attr, fmt.Sprintf("%-8s", e.State)), detail)
	fmt.Fprintln(l.err, strings.TrimRight(line, " "))
}
