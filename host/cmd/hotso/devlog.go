package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/fatih/color"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/dev"
	"github.com/hotso/hotso/host/cmd/hotso/internal/printable"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
)

// A devLog writes what becomes of each change: a line of JSON each to stdout, or what people want to
// know to stderr. Its methods may be called by any goroutine.
type devLog struct {
	*terminal
	json bool
	name string

	mu      sync.Mutex
	waiting map[string]dev.Result    // built, by version, until it serves
	serving map[string]time.Duration // it serves, by version, until it is known to be built: what the swap took
	failed  string                   // the last error that was shown
	busy    func()                   // ends the progress bar
}

// devLine is what hotso dev --json prints for each build, and for what happens to versions besides.
type devLine struct {
	Time    time.Time     `json:"time"`
	Name    string        `json:"name"`
	Version string        `json:"version,omitempty"`
	State   string        `json:"state"` // serving, built, failed, or as hotso serve has it
	Files   []string      `json:"files,omitempty"`
	Build   time.Duration `json:"build,omitempty"` // nanoseconds
	Swap    time.Duration `json:"swap,omitempty"`  // nanoseconds
	Error   string        `json:"error,omitempty"`
}

func newDevLog(t *terminal, name string, asJSON bool) *devLog {
	return &devLog{terminal: t, json: asJSON, name: name, waiting: map[string]dev.Result{}, serving: map[string]time.Duration{}}
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

// built is for a library that hotso serves itself: event tells when it serves.
func (l *devLog) built(r dev.Result) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rest()
	switch {
	case r.Err != nil:
		l.fail(l.name, r, r.Err)
	case r.Library != nil:
		version := r.Library.Manifest.Version
		if swap, ok := l.serving[version]; ok {
			delete(l.serving, version)
			l.succeed(r, swap)
			return
		}
		l.waiting[version] = r
	}
}

// builtFor is built for a host of the user's.
func (l *devLog) builtFor(ctx context.Context, h *dev.Host, r dev.Result) {
	restart, again := r.Err == nil && (r.Host || !h.Running()), h.Running()
	var err error
	if restart {
		err = h.Restart(ctx)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rest()
	switch {
	case ctx.Err() != nil:
		return
	case r.Err != nil:
		l.fail(l.name, r, r.Err)
		return
	}
	l.succeed(r, 0)
	switch {
	case err != nil:
		l.fail("host", r, err)
	case restart && !l.json && again:
		l.line("host", color.FgCyan, "started again, from nothing: "+strings.Join(h.Command, " "))
	case restart && !l.json:
		l.line("host", color.FgCyan, "started "+strings.Join(h.Command, " "))
	}
}

func (l *devLog) hostEnded(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	how := "by itself"
	if err != nil {
		how = err.Error()
	}
	if l.json {
		_ = l.jsonLine(devLine{Time: time.Now(), Name: "host", State: "ended", Error: how})
		return
	}
	l.line("host", color.FgYellow, "has ended: "+how+"; it is started again with the next build")
}

// event is called for each step in the life of a version.
func (l *devLog) event(e server.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch e.State {
	case host.Serving:
		if r, ok := l.waiting[e.Version]; ok {
			delete(l.waiting, e.Version)
			l.succeed(r, e.Took)
			return
		}
		l.serving[e.Version] = e.Took
	case host.Refused, host.Failed:
		delete(l.waiting, e.Version)
		l.trouble(e)
	case host.Crashed, host.Quarantined, server.Trouble:
		l.trouble(e)
	}
}

func (l *devLog) trouble(e server.Event) {
	if l.json {
		_ = l.jsonLine(devLine{Time: e.Time, Name: e.Name, Version: e.Version, State: string(e.State), Error: e.Detail})
		return
	}
	l.rest()
	label := l.name
	if e.Version != "" {
		label += " v" + e.Version
	}
	l.line(label, logged[e.State], string(e.State)+" "+firstLine(e.Detail, e.File))
}

// succeed tells of a version that serves, or was built for a host, if swap is 0.
func (l *devLog) succeed(r dev.Result, swap time.Duration) {
	if l.failed = ""; r.Library == nil {
		return
	}
	version, state := r.Library.Manifest.Version, "built"
	if swap > 0 {
		state = "serving"
	}
	if l.json {
		_ = l.jsonLine(devLine{Time: time.Now(), Name: l.name, Version: version, State: state, Files: r.Files, Build: r.Took, Swap: swap})
		return
	}
	files := "1 file"
	if len(r.Files) != 1 {
		files = fmt.Sprintf("%d files", len(r.Files))
	}
	text := files + "  build " + duration(r.Took)
	if swap > 0 {
		text += "  swap " + duration(swap)
	}
	l.line(l.name+" v"+version, color.FgGreen, text)
}

// fail shows what a tool said of the library or the host, once.
func (l *devLog) fail(name string, r dev.Result, err error) {
	text := relative(err.Error(), r)
	if l.json {
		_ = l.jsonLine(devLine{Time: time.Now(), Name: name, State: "failed", Files: r.Files, Build: r.Took, Error: text})
		return
	}
	if text == l.failed {
		l.line(name, color.FgRed, "the same error: "+place.FindString(text))
		return
	}
	l.failed = text
	first, rest, _ := strings.Cut(text, "\n")
	l.line(name, color.FgRed, first)
	if rest != "" {
		fmt.Fprintln(l.err, "  "+printable.Lines(strings.TrimRight(rest, "\n")))
	}
}

func (l *devLog) line(label string, attr color.Attribute, text string) {
	fmt.Fprintf(l.err, "%s  %s  %s\n", time.Now().Format(time.TimeOnly), printable.Line(label),
		paint(l.errColor, attr, printable.Line(text)))
}

// place is where a tool says that something is wrong, at the beginning of a line.
var place = regexp.MustCompile(`(?m)^(vet: )?(\S+\.(?:go|mod|c|h|cc|cpp)):(\d+)`)

// relative has the places in an error seen from the working directory, where terminals make them links.
// Some tools see them from the package's.
func relative(text string, r dev.Result) string {
	cwd, err := os.Getwd()
	if err != nil {
		return text
	}
	return place.ReplaceAllStringFunc(text, func(found string) string {
		m := place.FindStringSubmatch(found)
		path := m[2]
		if !filepath.IsAbs(path) {
			if _, err := os.Stat(filepath.Join(r.Dir, path)); err == nil {
				path = filepath.Join(r.Dir, path)
			} else if path, err = filepath.Abs(path); err != nil {
				return found
			}
		}
		if short, err := filepath.Rel(cwd, path); err == nil && !strings.HasPrefix(short, "../..") {
			path = short
		}
		return path + ":" + m[3]
	})
}
