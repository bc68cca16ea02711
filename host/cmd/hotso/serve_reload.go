package main

import (
	"context"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
)

// running is what a server does now, which SIGHUP may change.
type running struct {
	flags    *serveFlags
	now      atomic.Pointer[setup]
	provided []host.Option // of all libraries
	log      *serveLog
	server   *server.Server
}

func newRunning(f *serveFlags, now *setup, provided []host.Option, log *serveLog) *running {
	l := &running{flags: f, provided: provided, log: log}
	l.now.Store(now)
	return l
}

// reloads has SIGHUP read all files again, until ctx ends. Under nohup the signal
// stays ignored.
func (l *running) reloads(ctx context.Context) {
	if signal.Ignored(syscall.SIGHUP) {
		return
	}
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	context.AfterFunc(ctx, func() { signal.Stop(hangups); close(hangups) })
	go func() {
		for range hangups {
			l.reload()
		}
	}()
}

// reload has what can change at run time change, all of it or nothing.
func (l *running) reload() {
	what := l.flags.describe()
	stays, err := l.change()
	if err != nil {
		l.log.warn("SIGHUP: %s stay as they were: %v", what, err)
		return
	}
	l.log.note("SIGHUP: %s are read again", what)
	switch len(stays) {
	case 0:
	case 1:
		l.log.warn("%s needs a restart", stays[0])
	default:
		l.log.warn("%s need a restart", strings.Join(stays, ", "))
	}
}

func (l *running) change() (stays []string, err error) {
	f, old := l.flags, l.now.Load()
	file, conf, err := f.read()
	if err != nil {
		return nil, err
	}
	if file != nil {
		var served []string
		for _, library := range l.server.Libraries() {
			served = append(served, library.Name)
		}
		conf, stays = file.Reload(old.Config, conf, served, f.isGiven)
	}
	now, err := f.setup(file, conf)
	if err != nil {
		return nil, err
	}
	now.opened = old.opened
	now.trusted.store(now.signers)
	l.now.Store(now)
	l.log.set(now.Log, now.LogRate)
	l.server.SetToken(now.token)
	l.server.SetAllowHosts(now.hosts())
	l.server.Recheck()
	for _, c := range now.channels {
		c.Recheck()
	}
	return stays, nil
}
