package main

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/fatih/color"

	"github.com/hotso/hotso/host/cmd/hotso/internal/dev"
	"github.com/hotso/hotso/host/cmd/hotso/internal/live"
	"github.com/hotso/hotso/host/cmd/hotso/internal/printable"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
)

// A devLog writes what becomes of each change: a line of JSON each to stdout, or what people want to
// know to stderr. Its methods may be called by any goroutine.
type devLog struct {
	*terminal
	json bool
	name string

	pages *live.Hub

	mu      sync.Mutex
	waiting map[string]dev.Result     // built, by version, until it serves
	serving map[string]server.Event   // it serves, by version, until it is known to be built
	steps   map[string][]server.Event // by file, until it serves
	held    func() error              // puts a version where the host sees it, when that is started again
	failed  string                    // the last error that was shown
	vetSaid string                    // the last complaint of go vet
	busy    func()                    // ends the progress bar
}

func newDevLog(t *terminal, name string, asJSON bool, pages *live.Hub) *devLog {
	return &devLog{
		terminal: t, json: asJSON, name: name, pages: pages,
		waiting: map[string]dev.Result{}, serving: map[string]server.Event{}, steps: map[string][]server.Event{},
	}
}

func (l *devLog) listening(addr string) {
	if l.json {
		_ = l.jsonLine(map[string]string{"listening": "http://" + addr})
		return
	}
	fmt.Fprintf(l.err, "%s  http://%s, building %s\n", time.Now().Format(time.TimeOnly), addr, l.name)
}

func (l *devLog) changed() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.busy == nil && !l.json {
		l.busy = l.terminal.busy("building " + l.name)
	}
}

// rest ends the progress bar.
func (l *devLog) rest() {
	if l.busy != nil {
		l.busy()
		l.busy = nil
	}
}

// text writes what has several lines.
func (l *devLog) text(label string, attr color.Attribute, text string) {
	first, rest, _ := strings.Cut(text, "\n")
	l.line(label, attr, first)
	if rest != "" {
		fmt.Fprintln(l.err, "  "+printable.Lines(strings.TrimRight(rest, "\n")))
	}
}

func (l *devLog) line(label string, attr color.Attribute, text string) {
	fmt.Fprintf(l.err, "%s  %s  %s\n", time.Now().Format(time.TimeOnly), printable.Line(label),
		paint(l.errColor, attr, printable.Line(text)))
}
