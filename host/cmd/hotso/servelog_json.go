package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
)

// The keys of the log for machines, which docs/logs.md documents. Those of package slog (time,
// level, msg) come first. What a library says is below attrs, so it can't speak for the server.
const (
	keySource  = "source" // server or library
	keyLibrary = "library"
	keyVersion = "version"
	keyState   = "state"
	keyFile    = "file"
	keySHA256  = "sha256"
	keyTook    = "took_ms"
	keyReason  = "reason"
	keyError   = "error"
	keyPage    = "page"
	keyAttrs   = "attrs"

	ofServer  = "server"
	ofLibrary = "library"
)

// levels are those of states; all others are slog.LevelInfo.
var levels = map[host.State]slog.Level{
	host.Refused:     slog.LevelError,
	host.Failed:      slog.LevelError,
	host.Crashed:     slog.LevelError,
	host.Quarantined: slog.LevelWarn,
	host.Resident:    slog.LevelWarn,
	host.Conflicting: slog.LevelWarn,
	server.Trouble:   slog.LevelWarn,
}

// write writes a line of the server's.
func (l *serveLog) write(level slog.Level, message string, attrs ...slog.Attr) {
	l.writeAt(time.Now(), level, message, attrs...)
}

func (l *serveLog) writeAt(at time.Time, level slog.Level, message string, attrs ...slog.Attr) {
	r := slog.NewRecord(at, level, message, 0)
	r.AddAttrs(slog.String(keySource, ofServer))
	r.AddAttrs(attrs...)
	_ = l.machine.Handle(context.Background(), r) // nobody reads stderr any more
}

// step writes a step in the life of a version.
func (l *serveLog) step(e server.Event) {
	var attrs []slog.Attr
	add := func(key, value string) {
		if value != "" {
			attrs = append(attrs, slog.String(key, value))
		}
	}
	message := string(e.State)
	if e.Name != "" {
		message = e.Name + " " + message
		if e.Version != "" {
			message = e.Name + " v" + e.Version + " " + string(e.State)
		}
	}
	add(keyLibrary, e.Name)
	add(keyVersion, e.Version)
	add(keyState, string(e.State))
	add(keyFile, e.File)
	add(keySHA256, e.SHA256)
	if e.Took > 0 {
		attrs = append(attrs, slog.Float64(keyTook, float64(e.Took.Microseconds())/1000))
	}
	add(keyReason, e.Detail)
	if e.Err != nil && e.Err.Error() != e.Detail {
		add(keyError, e.Err.Error())
	}
	add(keyPage, e.Page)
	if e.Handover != nil {
		attrs = append(attrs, slog.Group("handover", slog.Int("bytes", e.Handover.Bytes), slog.Int64("waited", e.Handover.Waited), slog.Bool("lost", e.Handover.Lost)))
	}
	if len(e.Conflicts) > 0 {
		attrs = append(attrs, slog.Any("conflicts", e.Conflicts))
	}
	l.writeAt(e.Time, levels[e.State], message, attrs...)
}

// forMachines is a record of a library, or of the host if library is empty.
func forMachines(library, version string, attrs []slog.Attr, from slog.Record) slog.Record {
	r := slog.NewRecord(from.Time, from.Level, from.Message, 0)
	source := ofServer
	if library != "" {
		source = ofLibrary
	}
	r.AddAttrs(slog.String(keySource, source))
	if library != "" {
		r.AddAttrs(slog.String(keyLibrary, library), slog.String(keyVersion, version))
	}
	all := append([]slog.Attr{}, attrs...)
	from.Attrs(func(a slog.Attr) bool { all = append(all, a); return true })
	if len(all) > 0 {
		r.AddAttrs(slog.Attr{Key: keyAttrs, Value: slog.GroupValue(all...)})
	}
	return r
}
