package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
	"github.com/hotso/hotso/host/internal/libtest"
	"github.com/hotso/hotso/host/internal/webtest"
)

// A service is hotso serve in one process after another.
type service struct {
	t       *testing.T
	dir     string // of the libraries
	program string // that is started, and may be replaced
	addr    string
	pidFile string
	log     string // stderr of all processes
	out     string // stdout of all processes
	cmd     *exec.Cmd
}

// newService prepares a service of one library.
func newService(t *testing.T, library string, args ...string) *service {
	// Processes that were started by those that have ended are ours to wait for.
	require.NoError(t, unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))
	temp := t.TempDir()
	s := &service{
		t: t, dir: filepath.Dir(library), program: filepath.Join(temp, "hotso"),
		pidFile: filepath.Join(temp, "pid"), log: filepath.Join(temp, "log"), out: filepath.Join(temp, "out"),
	}
	self, err := os.Executable()
	require.NoError(t, err)
	require.NoError(t, os.Symlink(self, s.program))
	s.cmd = exec.Command(s.program, append([]string{"serve", s.dir, "--pid-file", s.pidFile}, args...)...)
	s.cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0", "PATH="+temp+":"+os.Getenv("PATH"))
	return s
}

func startService(t *testing.T, library string, args ...string) *service {
	s := newService(t, library, append(args, "--addr", "127.0.0.1:0")...)
	s.start()
	return s
}

// start starts the first process, and waits until it is ready.
func (s *service) start() {
	out, err := os.Create(s.out)
	require.NoError(s.t, err)
	log, err := os.Create(s.log)
	require.NoError(s.t, err)
	s.cmd.Stdout, s.cmd.Stderr = out, log
	require.NoError(s.t, s.cmd.Start())
	require.NoError(s.t, out.Close())
	require.NoError(s.t, log.Close())
	s.t.Cleanup(func() {
		if pid := s.pid(); pid != 0 {
			_ = unix.Kill(pid, unix.SIGKILL)
			_, _ = unix.Wait4(pid, nil, 0, nil)
		}
		if s.t.Failed() {
			s.t.Log(s.said())
		}
	})
	require.Eventually(s.t, func() bool { return s.pid() != 0 || unix.Kill(s.cmd.Process.Pid, 0) != nil }, time.Minute, time.Millisecond, "it is not ready")
	s.logs("http://")
	_, s.addr, _ = strings.Cut(s.said(), "http://")
	s.addr, _, _ = strings.Cut(s.addr, "\n")
}

// pid is that of the process that serves; 0 if there is none.
func (s *service) pid() int {
	b, _ := os.ReadFile(s.pidFile)
	pid, _ := strconv.Atoi(strings.TrimSpace(string(b)))
	return pid
}

func (s *service) said() string {
	b, err := os.ReadFile(s.log)
	require.NoError(s.t, err)
	return string(b)
}

// logs waits until the log has a text.
func (s *service) logs(text string) {
	s.t.Helper()
	require.Eventually(s.t, func() bool { return strings.Contains(s.said(), text) }, time.Minute, time.Millisecond, "no %q", text)
}

func (s *service) signal(sig unix.Signal) { require.NoError(s.t, unix.Kill(s.pid(), sig)) }

// ended waits for the end of a process, and returns its exit code.
func (s *service) ended(pid int) int {
	var status unix.WaitStatus
	for {
		_, err := unix.Wait4(pid, &status, 0, nil)
		if err == unix.EINTR {
			continue
		}
		require.NoError(s.t, err)
		return status.ExitStatus()
	}
}

// upgrade has another process take over, and waits until the one before has ended.
func (s *service) upgrade() {
	s.t.Helper()
	before := s.pid()
	s.signal(unix.SIGUSR2)
	require.Eventually(s.t, func() bool { pid := s.pid(); return pid != 0 && pid != before }, time.Minute, time.Millisecond, "nobody takes over")
	require.Equal(s.t, 0, s.ended(before), "the process before")
}

// stop ends the service, which leaves nothing.
func (s *service) stop() {
	s.t.Helper()
	pid := s.pid()
	s.signal(unix.SIGTERM)
	require.Equal(s.t, 0, s.ended(pid))
	assert.NoFileExists(s.t, s.pidFile)
	entries, err := os.ReadDir(s.dir)
	require.NoError(s.t, err)
	for _, e := range entries {
		assert.Equal(s.t, ".so", filepath.Ext(e.Name()), "left behind")
	}
}

// A caller calls over one connection, and does not try again.
type caller struct {
	net.Conn
	r *bufio.Reader
}

func dial(network, addr string) (*caller, error) {
	c, err := net.Dial(network, addr)
	if err != nil {
		return nil, err
	}
	return &caller{c, bufio.NewReader(c)}, nil
}

// call calls Greet, and reports whether the connection stays open.
func (c *caller) call() (open bool, err error) {
	if _, err := io.WriteString(c, "POST /call/Greet HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"); err != nil {
		return false, err
	}
	answer, err := http.ReadResponse(c.r, nil)
	if err != nil {
		return false, err
	}
	body, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", answer.Status, body)
	}
	return !answer.Close, err
}

// callers call until stop is called, over connections that stay, or over a new one each time. Every call is answered.
func callers(t *testing.T, network, addr string, n int, stay bool) (stop func() (calls int64)) {
	var ended atomic.Bool
	var calls atomic.Int64
	var all sync.WaitGroup
	for range n {
		all.Go(func() {
			var c *caller
			for !ended.Load() {
				var err error
				if c == nil {
					if c, err = dial(network, addr); !assert.NoError(t, err) {
						return
					}
				}
				open, err := c.call()
				if !assert.NoError(t, err, "call %d", calls.Load()) {
					return
				}
				calls.Add(1)
				if !open || !stay {
					_ = c.Close()
					c = nil
				}
			}
			if c != nil {
				_ = c.Close()
			}
		})
	}
	return func() int64 { ended.Store(true); all.Wait(); return calls.Load() }
}

// Process after process takes over, and no call fails: not over connections that stay, nor over new ones, nor through
// the unix socket.
func TestUpgrades(t *testing.T) {
	upgrades := 50
	if raceEnabled || testing.Short() {
		upgrades = 5
	}
	s := startService(t, libtest.Greeter(t, "1"))
	socket := filepath.Join(s.dir, server.SocketName)
	stops := []func() int64{
		callers(t, "tcp", s.addr, 3, true), callers(t, "tcp", s.addr, 3, false),
		callers(t, "unix", socket, 1, true), callers(t, "unix", socket, 1, false),
	}
	seen := map[int]bool{s.pid(): true}
	for range upgrades {
		s.upgrade()
		seen[s.pid()] = true
	}
	for _, stop := range stops {
		calls := stop()
		assert.Positive(t, calls)
		t.Log("calls:", calls)
	}
	assert.Len(t, seen, upgrades+1)
	s.stop()
}

// A connection on which nobody asks at the moment has time to ask once more; a call that is inside is answered.
func TestAnUpgradeWaitsForWhoIsThere(t *testing.T) {
	s := startService(t, libtest.Build(t, "slow", "1"))
	idle, err := dial("tcp", s.addr)
	require.NoError(t, err)
	defer idle.Close()
	ask := func(c *caller, path string) (answer *http.Response, body string) {
		_, err := fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n[300]", path)
		require.NoError(t, err)
		answer, err = http.ReadResponse(c.r, nil)
		require.NoError(t, err)
		b, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		return answer, string(b)
	}
	ask(idle, "/call/Sleep")
	inside, err := dial("tcp", s.addr)
	require.NoError(t, err)
	defer inside.Close()
	before := s.pid()
	slept := make(chan string)
	go func() { _, body := ask(inside, "/call/Sleep"); slept <- body }()
	s.signal(unix.SIGUSR2)
	s.logs("another process has taken over")
	assert.Contains(t, <-slept, `"result":300`)
	answer, _ := ask(idle, "/call/Sleep")
	assert.True(t, answer.Close)
	require.NoError(t, inside.Close())
	assert.Equal(t, 0, s.ended(before))
	s.stop()
}

// What does not serve does not take over: the process before serves on, and says why.
func TestAnUpgradeThatFails(t *testing.T) {
	library := libtest.Greeter(t, "1")
	s := startService(t, library, "--upgrade-timeout", "20s")
	stop := callers(t, "tcp", s.addr, 1, true)
	pid := s.pid()
	self, err := os.Readlink(s.program)
	require.NoError(t, err)
	install := func(content string) {
		require.NoError(t, os.WriteFile(s.program+".new", []byte(content), 0o755))
		require.NoError(t, os.Rename(s.program+".new", s.program))
	}
	fails := func(why string) {
		t.Helper()
		before := strings.Count(s.said(), "serves on")
		s.signal(unix.SIGUSR2)
		require.Eventually(t, func() bool { return strings.Count(s.said(), "serves on") > before }, time.Minute, time.Millisecond)
		assert.Contains(t, s.said(), why)
		assert.Equal(t, pid, s.pid())
	}
	install("#!/bin/sh\necho not today >&2\nexit 3\n")
	fails("not today")
	assert.Contains(t, s.said(), "exit status 3")
	install("no program")
	fails("exec format error")
	require.NoError(t, os.Remove(s.program))
	fails("no such file or directory")

	require.NoError(t, os.Symlink(self, s.program))
	s.upgrade()
	assert.Positive(t, stop())
	s.stop()
}

// A process that has nothing to serve does not take over from one that serves.
func TestAnUpgradeWithoutALibrary(t *testing.T) {
	library := libtest.Greeter(t, "1")
	s := startService(t, library, "--upgrade-timeout", "1s")
	pid := s.pid()
	require.NoError(t, os.Remove(library))
	s.logs("removed")
	s.signal(unix.SIGUSR2)
	s.logs("timed out")
	assert.Equal(t, pid, s.pid())
	c, err := dial("tcp", s.addr)
	require.NoError(t, err)
	defer c.Close()
	_, err = c.call()
	assert.NoError(t, err)
	s.stop()
}

// A process that waits for a library is replaced by one that waits.
func TestAnUpgradeThatWaits(t *testing.T) {
	library := libtest.Greeter(t, "1")
	away := filepath.Join(t.TempDir(), filepath.Base(library))
	require.NoError(t, os.Rename(library, away))
	s := startService(t, library)
	s.upgrade()
	require.NoError(t, os.Rename(away, library))
	s.logs("serving")
	s.upgrade()
	s.stop()
}

// What may be live once is not live in two processes.
func TestAnUpgradeOfWhatIsExclusive(t *testing.T) {
	for name, args := range map[string][]string{"library": nil, "flag": {"--exclusive"}} {
		t.Run(name, func(t *testing.T) {
			library := libtest.Greeter(t, "1")
			if args == nil {
				library = libtest.Build(t, "exclusive", "1")
				t.Setenv("LOCK", filepath.Join(t.TempDir(), "lock"))
			}
			s := startService(t, library, args...)
			pid := s.pid()
			s.signal(unix.SIGUSR2)
			s.logs("v1 is exclusive, and would be live in two processes")
			assert.Equal(t, pid, s.pid())
			s.stop()
		})
	}
}

// A manager is the end of NOTIFY_SOCKET.
type manager struct {
	t     *testing.T
	path  string
	told  chan string
	alive atomic.Int64 // messages of the watchdog
}

func newManager(t *testing.T) *manager {
	m := &manager{t: t, path: filepath.Join(t.TempDir(), "notify"), told: make(chan string, 100)}
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: m.path, Net: "unixgram"})
	require.NoError(t, err)
	done := make(chan struct{})
	t.Cleanup(func() { _ = conn.Close(); <-done })
	go func() {
		defer close(done)
		for b := make([]byte, 4096); ; {
			n, err := conn.Read(b)
			if err != nil {
				return
			}
			if text := strings.TrimSpace(string(b[:n])); text == "WATCHDOG=1" {
				m.alive.Add(1)
			} else {
				m.told <- text
			}
		}
	}()
	return m
}

// next is the next message that is not of the watchdog.
func (m *manager) next() (fields []string) {
	m.t.Helper()
	select {
	case text := <-m.told:
		return strings.Split(text, "\n")
	case <-time.After(time.Minute):
		require.Fail(m.t, "systemd is told nothing")
		return nil
	}
}

// systemd is told when the service is ready, which process it is, that it is alive, and when it ends.
func TestSystemdIsTold(t *testing.T) {
	m := newManager(t)
	s := newService(t, libtest.Greeter(t, "1"), "--addr", "127.0.0.1:0")
	s.cmd.Args = append([]string{"sh", "-c", `WATCHDOG_PID=$$ exec "$0" "$@"`, s.program}, s.cmd.Args[1:]...)
	var err error
	s.cmd.Path, err = exec.LookPath("sh")
	require.NoError(t, err)
	s.cmd.Env = append(s.cmd.Env, "NOTIFY_SOCKET="+m.path, "WATCHDOG_USEC=20000")
	s.start()
	assert.Equal(t, []string{"READY=1"}, m.next())
	first := s.pid()
	s.upgrade()
	reloading := m.next()
	assert.Equal(t, "RELOADING=1", reloading[0])
	assert.Contains(t, reloading[1], "MONOTONIC_USEC=")
	require.NotEqual(t, first, s.pid())
	assert.Equal(t, []string{fmt.Sprintf("MAINPID=%d", s.pid()), "READY=1"}, m.next())
	before := m.alive.Load() // the process before has ended
	assert.Eventually(t, func() bool { return m.alive.Load() > before+3 }, time.Minute, time.Millisecond)
	s.stop()
	assert.Equal(t, []string{"STOPPING=1"}, m.next())
}

// The server listens on the socket that systemd calls hotso; the others are the library's, in every process.
func TestActivationOfTheServer(t *testing.T) {
	library := libtest.Build(t, "httpd", "1")
	own, web := listenOn(t, "tcp", "127.0.0.1:0", "hotso"), listenOn(t, "tcp", "127.0.0.1:0", "http")
	s := newService(t, library)
	s.cmd.Args = append([]string{"sh", "-c", `LISTEN_PID=$$ exec "$0" "$@"`, s.program}, s.cmd.Args[1:]...)
	var err error
	s.cmd.Path, err = exec.LookPath("sh")
	require.NoError(t, err)
	s.cmd.ExtraFiles = []*os.File{own.file, web.file}
	s.cmd.Env = append(s.cmd.Env, "LISTEN_FDS=2", "LISTEN_FDNAMES=hotso:http")
	s.start()
	assert.Equal(t, own.address, s.addr)
	come := webtest.Clients(t, web.address, false, "")
	for range 2 {
		s.upgrade()
		client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		resp, err := client.Get("http://" + own.address + "/healthz")
		require.NoError(t, err)
		assert.NoError(t, resp.Body.Close())
		assert.Equal(t, http.StatusOK, resp.StatusCode)
	}
	_, requests := come()
	assert.Positive(t, requests)
	s.stop()
}

// What is wrong with what systemd passes is said before anything runs.
func TestActivationThatIsWrong(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct {
		sockets []*socket
		args    []string
		says    string
	}{
		"address": {[]*socket{listenOn(t, "tcp", "127.0.0.1:0", "hotso")}, []string{"--addr", "127.0.0.1:0"}, "--addr, and a socket that systemd has passed"},
		"unix":    {[]*socket{listenOn(t, "unix", filepath.Join(dir, "s"), "hotso")}, nil, "it must be a TCP socket"},
		"two":     {[]*socket{listenOn(t, "tcp", "127.0.0.1:0", "hotso"), listenOn(t, "tcp", "127.0.0.1:0", "hotso")}, nil, "BindIPv6Only=both"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command("sh", append([]string{"-c", `LISTEN_PID=$$ exec hotso serve "$@"`, "sh", dir}, c.args...)...)
			cmd.Env = append(os.Environ(), "LISTEN_FDS="+strconv.Itoa(len(c.sockets)))
			var names []string
			for _, s := range c.sockets {
				names, cmd.ExtraFiles = append(names, s.name), append(cmd.ExtraFiles, s.file)
			}
			cmd.Env = append(cmd.Env, "LISTEN_FDNAMES="+strings.Join(names, ":"))
			out, err := cmd.CombinedOutput()
			var exit *exec.ExitError
			require.ErrorAs(t, err, &exit, "%s", out)
			assert.True(t, slices.Contains([]int{exitFailed, exitUsage}, exit.ExitCode()))
			assert.Contains(t, string(out), c.says)
		})
	}
}

// The first process of a container is not replaced: all would end with it.
func TestAnUpgradeOfTheFirstProcess(t *testing.T) {
	library := libtest.Greeter(t, "1")
	cmd := inNamespaces(t, exec.Command("hotso", serveArgs([]string{filepath.Dir(library), "--json"})...), "true")
	c := start(t, cmd)
	c.await("serving")
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", c.cmd.Process.Pid))
	require.NoError(t, err)
	first, err := strconv.Atoi(strings.TrimSpace(string(children)))
	require.NoError(t, err)
	require.NoError(t, unix.Kill(first, unix.SIGUSR2))
	require.Eventually(t, func() bool { return strings.Contains(c.stderr.String(), "first process of its container") }, time.Minute, time.Millisecond)
	require.NoError(t, unix.Kill(first, syscall.SIGTERM))
	assert.Equal(t, 0, c.exit())
}
