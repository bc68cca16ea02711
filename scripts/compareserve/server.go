package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// A server is one that is measured.
type server struct {
	name, url string
	cmd       *exec.Cmd
	stdin     io.Closer
	answered  int // requests, with 200
}

// start starts a server, which says where it listens in its first line.
func start(name string, cmd *exec.Cmd) (*server, error) {
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &server{name: name, cmd: cmd, stdin: stdin}
	lines := bufio.NewScanner(out)
	var first struct{ Listening string }
	if !lines.Scan() || json.Unmarshal(lines.Bytes(), &first) != nil || first.Listening == "" {
		return nil, fmt.Errorf("%s does not say where it listens: %s", name, lines.Text())
	}
	go func() {
		for lines.Scan() { // or it would wait for a reader
		}
	}()
	s.url = first.Listening + "/call/GreetName"
	return s, s.await()
}

// await waits until it answers: hotso serve loads its version first.
func (s *server) await() error {
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		r, err := http.Post(s.url, "application/json", strings.NewReader(`["Ada"]`))
		if err == nil {
			_ = r.Body.Close()
			if r.StatusCode == http.StatusOK {
				s.answered++
				return nil
			}
			err = errors.New(r.Status)
		}
		if time.Now().After(end) {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
}

func (s *server) stop() error {
	_ = s.stdin.Close()
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	if err := s.cmd.Wait(); err != nil && s.cmd.ProcessState.ExitCode() != -1 { // by the signal
		return fmt.Errorf("%s: %w", s.name, err)
	}
	return nil
}
