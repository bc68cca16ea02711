package dev

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hotso/hotso/host/cmd/hotso/internal/gocmd"
)

// A Host is a program of the user's that runs beside the builds, and picks versions up by itself. Its
// methods are called by one goroutine at a time.
type Host struct {
	Command        []string // "{}" in an argument stands for Dir
	Dir            string   // of the versions
	Stdout, Stderr io.Writer
	Ended          func(error)     // it ended by itself; called by another goroutine
	Hurry          <-chan struct{} // closed: it has no time to end by itself

	work    string // has the binary, if one is built
	running *process
}

type process struct {
	*exec.Cmd
	stopped atomic.Bool
	ended   chan struct{}
}

// Package returns the directory of the package that the command runs, as in go run ./cmd/shop. It is
// empty for other commands, which can't be built again.
func (h *Host) Package() string {
	if len(h.Command) < 3 || h.Command[0] != "go" || h.Command[1] != "run" {
		return ""
	}
	dir := h.Command[2]
	if !filepath.IsAbs(dir) && dir != "." && !strings.HasPrefix(dir, "./") && !strings.HasPrefix(dir, "../") {
		return "" // an import path, or a flag
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return "" // a file
	}
	return dir
}

// Restart builds the program, if it is a package, ends the one that runs, and starts it. Between the two
// it calls between, unless that is nil. If it does not compile, the one that runs goes on.
func (h *Host) Restart(ctx context.Context, between func() error) error {
	var command []string
	for _, c := range h.Command {
		command = append(command, strings.ReplaceAll(c, "{}", h.Dir))
	}
	if dir := h.Package(); dir != "" {
		binary, err := h.build(ctx, dir)
		if err != nil {
			return err
		}
		command = slices.Concat([]string{binary}, command[3:])
	}
	h.stop()
	if between != nil {
		if err := between(); err != nil {
			return err
		}
	}
	p := &process{Cmd: exec.Command(command[0], command[1:]...), ended: make(chan struct{})}
	p.Stdout, p.Stderr = h.Stdout, h.Stderr
	p.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt at the terminal is for hotso, which ends it
	if err := p.Start(); err != nil {
		return err
	}
	h.running = p
	go func() {
		err := p.Wait()
		close(p.ended)
		if !p.stopped.Load() {
			h.Ended(err)
		}
	}()
	return nil
}

// build builds the program, and returns its file, which is not the one that runs.
func (h *Host) build(ctx context.Context, dir string) (binary string, err error) {
	if h.work == "" {
		if h.work, err = os.MkdirTemp("", "hotso-dev-"); err != nil {
			return "", err
		}
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	binary = filepath.Join(h.work, filepath.Base(abs))
	if err := os.Remove(binary); err != nil && !os.IsNotExist(err) {
		return "", err
	}
	return binary, gocmd.Run(ctx, "", nil, "build", "-o", binary, dir)
}

// patience is how long a program has to end by itself.
const patience = 10 * time.Second

// stop ends the program that runs: by SIGTERM, and by SIGKILL if it takes too long, or somebody is in a hurry.
func (h *Host) stop() {
	p := h.running
	if p == nil {
		return
	}
	p.stopped.Store(true)
	_ = p.Process.Signal(syscall.SIGTERM) // it may have ended
	select {
	case <-p.ended:
	case <-h.Hurry:
	case <-time.After(patience):
	}
	select {
	case <-p.ended:
	default:
		_ = syscall.Kill(-p.Process.Pid, syscall.SIGKILL)
		<-p.ended
	}
	h.running = nil
}

// Running reports whether the program runs.
func (h *Host) Running() bool {
	if h.running == nil {
		return false
	}
	select {
	case <-h.running.ended:
		return false
	default:
		return true
	}
}

// Close ends the program.
func (h *Host) Close() {
	h.stop()
	if h.work != "" {
		_ = os.RemoveAll(h.work)
	}
}
