package main

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/fatih/color"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/printable"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
)

// A serveLog writes what a server does: as JSON every event to stdout,
// otherwise what people want to know to stderr.
type serveLog struct {
	*terminal
	json  bool
	label int // width of the column of versions
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
	if l.json {
		_ = l.jsonLine(map[string]string{"listening": "http://" + addr})
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
		return
	}
	attr, ok := logged[e.State]
	if !ok {
		return
	}
	label := printable.Line(e.Name)
	if e.Version != "" {
		label += " v" + printable.Line(e.Version)
	}
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
