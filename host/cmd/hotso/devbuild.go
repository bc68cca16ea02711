package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/fatih/color"

	"github.com/hotso/hotso/host/cmd/hotso/internal/dev"
	"github.com/hotso/hotso/host/cmd/hotso/internal/help"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
)

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

// fail shows what a tool said of the library or the host, once.
func (l *devLog) fail(name string, r dev.Result, err error) {
	text, page := relative(err.Error(), r), help.Page(err)
	l.pages.Fails(text)
	if l.json {
		_ = l.jsonLine(devLine{Time: time.Now(), Name: name, State: "failed", Files: r.Files, Build: r.Took, Error: text, Page: page})
		return
	}
	if text == l.failed {
		l.line(name, color.FgRed, "the same error: "+place.FindString(text))
		return
	}
	l.failed = text
	l.text(name, color.FgRed, text)
	if page != "" && page != "errors/go-command" { // what does not compile says itself what is wrong
		fmt.Fprintln(l.err, "  Try 'hotso help "+page+"'.")
	}
}
