//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/hotso/hotso/host"
)

// newCommand makes a command with a process group of its own, so that ^C reaches it
// only once, through us, and it can clean up.
func newCommand(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 15 * time.Second
	return cmd
}

// command runs a command that says something only if it fails.
func command(ctx context.Context, env, name string, args ...string) error {
	cmd := newCommand(ctx, name, args...)
	if env != "" {
		cmd.Env = append(cmd.Environ(), env)
	}
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, bytes.TrimSpace(said))
	}
	return nil
}

// A server is hotso serve in a process of its own.
type server struct {
	url  string
	cmd  *exec.Cmd
	said bytes.Buffer  // stderr
	done chan struct{} // stdout has ended

	mu     sync.Mutex
	events []host.Event
	more   chan struct{} // closed when more events have come
}

func startServer(ctx context.Context, dir string, v *view) (*server, error) {
	s := &server{cmd: newCommand(context.WithoutCancel(ctx), hotso, "serve", dir, "--addr", "127.0.0.1:0", "--json"),
		done: make(chan struct{}), more: make(chan struct{})}
	s.cmd.Stderr = &s.said
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(out)
	var first struct{ Listening string }
	if lines.Scan() {
		err = json.Unmarshal(lines.Bytes(), &first)
	}
	if err != nil || first.Listening == "" {
		s.kill()
		return nil, fmt.Errorf("hotso serve did not begin: %s", &s.said)
	}
	s.url = first.Listening
	go s.read(lines, v)
	return s, nil
}

// read receives the events that the server writes.
func (s *server) read(lines *bufio.Scanner, v *view) {
	defer close(s.done)
	for lines.Scan() {
		var e host.Event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			continue
		}
		v.event(e)
		s.mu.Lock()
		s.events = append(s.events, e)
		close(s.more)
		s.more = make(chan struct{})
		s.mu.Unlock()
	}
}

// await waits until a version was in a state.
func (s *server) await(ctx context.Context, state host.State, version string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		s.mu.Lock()
		events, more := s.events, s.more
		s.mu.Unlock()
		for _, e := range events {
			if e.State == state && e.Version == version {
				return nil
			}
		}
		select {
		case <-more:
		case <-s.done:
			return fmt.Errorf("hotso serve ended: %s", &s.said)
		case <-ctx.Done():
			return fmt.Errorf("greeter v%s is not %s: %w", version, state, ctx.Err())
		}
	}
}

func (s *server) versions() ([]host.VersionInfo, error) {
	resp, err := http.Get(s.url + "/versions")
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var v struct{ Versions []host.VersionInfo }
	err = json.NewDecoder(resp.Body).Decode(&v)
	return v.Versions, err
}

// stop ends the server as an operator does; if it does not end well, that is an error.
func (s *server) stop() error {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	<-s.done
	if err := s.cmd.Wait(); err != nil {
		return fmt.Errorf("hotso serve: %w: %s", err, &s.said)
	}
	return nil
}

// kill ends the server whatever it is doing. After stop it does nothing.
func (s *server) kill() {
	if s.cmd.ProcessState != nil {
		return
	}
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	late := time.AfterFunc(5*time.Second, func() { _ = s.cmd.Process.Signal(os.Kill) })
	_ = s.cmd.Wait()
	late.Stop()
}
