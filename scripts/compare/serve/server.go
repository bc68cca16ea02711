package main

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
)

// A server is a child process that answers.
type server struct {
	name    string
	address string
	cmd     *exec.Cmd
}

// startAll starts hotso serve, and the others behind it.
func startAll(dir string) (servers []*server, err error) {
	served := filepath.Join(dir, "served")
	if err := os.Link(filepath.Join(dir, "libgreeter.v1.so"), filepath.Join(served, "libgreeter.v1.so")); err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	for _, c := range []*server{
		{name: "hotso", cmd: exec.Command(filepath.Join(dir, "hotso"), "serve", served, "--addr", "127.0.0.1:0")},
		{name: "plain", cmd: exec.Command(self, "plain")},
		{name: "grpc", cmd: exec.Command(self, "grpc")},
	} {
		if err := c.start(); err != nil {
			return servers, fmt.Errorf("%s: %w", c.name, err)
		}
		servers = append(servers, c)
	}
	return servers, nil
}

var address = regexp.MustCompile(`127\.0\.0\.1:\d+`)

// start starts a server, and waits until it serves.
func (s *server) start() error {
	lines, out, err := os.Pipe()
	if err != nil {
		return err
	}
	defer out.Close()
	s.cmd.Stdout, s.cmd.Stderr = out, out
	if err := s.cmd.Start(); err != nil {
		return err
	}
	var said strings.Builder
	for scan := bufio.NewScanner(lines); scan.Scan(); {
		fmt.Fprintln(&said, scan.Text())
		if a := address.FindString(scan.Text()); a != "" {
			s.address = a
			go io.Copy(io.Discard, lines) // whatever else it says
			return s.await()
		}
	}
	return fmt.Errorf("it has no address, and says:\n%s", said.String())
}

// await waits for the first answer.
func (s *server) await() error {
	var last error
	for begin := time.Now(); time.Since(begin) < time.Minute; time.Sleep(10 * time.Millisecond) {
		r, err := http.Post("http://"+s.address+"/call/GreetName", "application/json", strings.NewReader(`["Ada"]`))
		if err != nil {
			last = err
			continue
		}
		answer, _ := io.ReadAll(r.Body)
		r.Body.Close()
		if r.StatusCode == http.StatusOK && strings.Contains(string(answer), "Hello, Ada!") {
			return nil
		}
		last = fmt.Errorf("%s: %s", r.Status, answer)
	}
	return last
}

// stop ends it.
func (s *server) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	_ = s.cmd.Wait()
}
