package main

import (
	"context"
	"errors"
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

// devLine is what hotso dev --json prints for each build, and for what happens to versions besides.
type devLine struct {
	Time    time.Time     `json:"time"`
	Name    string        `json:"name"`
	Version string        `json:"version,omitempty"`
	State   string        `json:"state"` // serving, built, failed, vet, or as hotso serve has it
	Files   []string      `json:"files,omitempty"`
	Build   time.Duration `json:"build,omitempty"` // nanoseconds
	Swap    time.Duration `json:"swap,omitempty"`  // nanoseconds

	Handover *host.Handover  `json:"handover,omitempty"` // if the version before had a state, or calls waited
	Timing   []host.StepTime `json:"timing,omitempty"`   // with --timing
	Error    string          `json:"error,omitempty"`
	Mend     string          `json:"mend,omitempty"` // what to do about it
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
		if e, ok := l.serving[version]; ok {
			delete(l.serving, version)
			l.succeed(r, &e)
			return
		}
		l.waiting[version] = r
	default:
		l.failed = ""
		l.pages.Fails("")
	}
}

// vetted tells what go vet says of what serves, once.
func (l *devLog) vetted(r dev.Result, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	said := ""
	if err != nil {
		said = relative(err.Error(), r)
	}
	known := said == l.vetSaid
	if l.vetSaid = said; said == "" {
		return
	}
	version := r.Library.Manifest.Version
	if l.json {
		_ = l.jsonLine(devLine{Time: time.Now(), Name: l.name, Version: version, State: "vet", Error: said})
		return
	}
	l.rest()
	label := l.name + " v" + version
	if known {
		l.line(label, color.FgYellow, "go vet says the same: "+place.FindString(said))
		return
	}
	l.text(label, color.FgYellow, said)
}

// builtFor is built for a host of the user's. What is built for a new host, the old one does not see.
func (l *devLog) builtFor(ctx context.Context, h *dev.Host, r dev.Result) {
	restart, again := r.Err == nil && (r.Host || !h.Running()), h.Running()
	if r.Library != nil {
		l.held = r.Publish
	}
	var err error
	if restart {
		err = h.Restart(ctx, l.held)
	}
	if err == nil && restart {
		l.held = nil
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
	case err != nil:
		l.fail("host", r, err)
		if r.Publish != nil && !l.json {
			l.line(l.name+" v"+r.Library.Manifest.Version, color.FgYellow, "is built, and waits for the host, which goes on as it is")
		}
		return
	}
	l.succeed(r, nil)
	switch {
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
	if e.File != "" {
		l.steps[e.File] = append(l.steps[e.File], e)
	}
	switch e.State {
	case host.Serving:
		if r, ok := l.waiting[e.Version]; ok {
			delete(l.waiting, e.Version)
			l.succeed(r, &e)
			return
		}
		l.serving[e.Version] = e
	case host.Refused, host.Failed:
		delete(l.waiting, e.Version)
		delete(l.steps, e.File)
		l.trouble(e)
	case host.Crashed, host.Quarantined, server.Trouble:
		l.trouble(e)
	case host.Unloaded, host.Resident:
		delete(l.steps, e.File)
	}
}

// stateMend is what to do if a version can't take the state of the one before.
const stateMend = "have its cabi.OnRestore take what the cabi.OnSave of the version before has written, or begin from nothing: end hotso dev and start it again"

func (l *devLog) trouble(e server.Event) {
	mend := ""
	if e.State == host.Failed && errors.Is(e.Err, host.ErrState) {
		mend = stateMend
	}
	if e.State == host.Failed || e.State == host.Refused {
		l.pages.Fails(firstLine(e.Detail, e.File) + "\n" + mend)
	}
	if l.json {
		_ = l.jsonLine(devLine{Time: e.Time, Name: e.Name, Version: e.Version, State: string(e.State), Error: e.Detail, Mend: mend})
		return
	}
	l.rest()
	label := l.name
	if e.Version != "" {
		label += " v" + e.Version
	}
	l.line(label, logged[e.State], string(e.State)+" "+firstLine(e.Detail, e.File))
	if mend != "" {
		l.line(label, logged[e.State], "the version before serves on, with its state: "+mend)
	}
}

// succeed tells of a version that serves, or was built for a host if e is nil.
func (l *devLog) succeed(r dev.Result, e *server.Event) {
	l.failed = ""
	if r.Library == nil {
		l.pages.Fails("")
		if r.Host {
			l.servesSoon()
		}
		return
	}
	line := devLine{Time: time.Now(), Name: l.name, Version: r.Library.Manifest.Version, State: "built", Files: r.Files, Build: r.Took}
	var steps []server.Event
	if e != nil {
		line.State, line.Swap, line.Handover = "serving", e.Took, e.Handover
		steps = l.steps[e.File]
		delete(l.steps, e.File)
		l.pages.Serves()
	} else {
		l.servesSoon()
	}
	if r.Timed {
		line.Timing = timing(r, steps)
	}
	if l.json {
		_ = l.jsonLine(line)
		return
	}
	l.line(l.name+" v"+line.Version, color.FgGreen, line.text())
	if line.Handover != nil && line.Handover.Lost {
		l.line(l.name+" v"+line.Version, color.FgYellow, "the state of the version before is lost: this one has no cabi.OnRestore")
	}
	if text := timingText(line.Timing); text != "" {
		fmt.Fprintln(l.err, "  "+text)
	}
}

// hostSees is how long a host of the user's may take to swap a version in: package watch settles for less.
const hostSees = 500 * time.Millisecond

// servesSoon tells pages when a host of the user's serves what was built. It does not say so itself.
func (l *devLog) servesSoon() {
	l.pages.Fails("")
	time.AfterFunc(hostSees, l.pages.Serves)
}

// text is the line for people. What is not known is left out.
func (d *devLine) text() string {
	text := "1 file"
	if len(d.Files) != 1 {
		text = fmt.Sprintf("%d files", len(d.Files))
	}
	text += "  build " + duration(d.Build)
	if d.Swap > 0 {
		text += "  swap " + duration(d.Swap)
	}
	if h := d.Handover; h != nil && !h.Lost {
		if h.Bytes > 0 {
			text += "  state " + size(int64(h.Bytes))
		}
		text += fmt.Sprintf("  calls waiting %d", h.Waited)
	}
	return text
}

// fail shows what a tool said of the library or the host, once.
func (l *devLog) fail(name string, r dev.Result, err error) {
	text := relative(err.Error(), r)
	l.pages.Fails(text)
	if l.json {
		_ = l.jsonLine(devLine{Time: time.Now(), Name: name, State: "failed", Files: r.Files, Build: r.Took, Error: text})
		return
	}
	if text == l.failed {
		l.line(name, color.FgRed, "the same error: "+place.FindString(text))
		return
	}
	l.failed = text
	l.text(name, color.FgRed, text)
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
