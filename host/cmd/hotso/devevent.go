package main

import (
	"errors"
	"time"

	"github.com/fatih/color"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
)

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
		_ = l.jsonLine(devLine{Time: e.Time, Name: e.Name, Version: e.Version, State: string(e.State), Error: e.Detail, Mend: mend, Page: e.Page})
		return
	}
	l.rest()
	label := l.name
	if e.Version != "" {
		label += " v" + e.Version
	}
	l.line(label, logged[e.State], string(e.State)+" "+withPage(firstLine(e.Detail, e.File), e.Page))
	if mend != "" {
		l.line(label, logged[e.State], "the version before serves on, with its state: "+mend)
	}
}
