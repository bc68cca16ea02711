package main

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"aead.dev/minisign"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
	"github.com/hotso/hotso/host/internal/libtest"
)

const limit = 30 * time.Second

// A child is hotso serve in a process of its own.
type child struct {
	t      *testing.T
	cmd    *exec.Cmd
	url    string
	lines  chan string // of stdout
	stderr lockedBuffer
}

func startServe(t *testing.T, args ...string) *child {
	return start(t, exec.Command("hotso", serveArgs(args)...))
}

func serveArgs(args []string) []string {
	return append([]string{"serve", "--addr", "127.0.0.1:0", "--json"}, args...)
}

// start starts cmd, which is or becomes hotso serve.
func start(t *testing.T, cmd *exec.Cmd) *child {
	c := launch(t, cmd)
	c.listen()
	return c
}

// launch starts cmd, which writes lines to stdout.
func launch(t *testing.T, cmd *exec.Cmd) *child {
	c := &child{t: t, cmd: cmd}
	c.cmd.Stderr = &c.stderr
	out, err := c.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, c.cmd.Start())
	t.Cleanup(func() {
		_ = c.cmd.Process.Kill()
		_ = c.cmd.Wait()
	})
	c.lines = make(chan string, 1000)
	go func() {
		defer close(c.lines)
		for in := bufio.NewScanner(out); in.Scan(); {
			c.lines <- in.Text()
		}
	}()
	return c
}

// listen learns from the first line where the server listens.
func (c *child) listen() {
	var first struct{ Listening string }
	require.NoError(c.t, json.Unmarshal([]byte(c.line()), &first))
	c.url = first.Listening
}

func (c *child) line() string {
	c.t.Helper()
	select {
	case line, ok := <-c.lines:
		require.True(c.t, ok, "hotso ended: %s", &c.stderr)
		return line
	case <-time.After(limit):
		require.Fail(c.t, "hotso says nothing")
		return ""
	}
}

// await reads events until there is one of that state.
func (c *child) await(state host.State) server.Event {
	c.t.Helper()
	for {
		var e server.Event
		require.NoError(c.t, json.Unmarshal([]byte(c.line()), &e))
		if e.State == state {
			return e
		}
	}
}

func (c *child) call(function, args string) (int, string) {
	resp, err := http.Post(c.url+"/call/"+function, "application/json", strings.NewReader(args))
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	assert.NoError(c.t, err)
	return resp.StatusCode, strings.TrimSpace(string(b))
}

// exit waits for the end and returns the exit code.
func (c *child) exit() int {
	c.t.Helper()
	done := make(chan struct{})
	go func() { _ = c.cmd.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(limit):
		require.Fail(c.t, "hotso does not end")
	}
	return c.cmd.ProcessState.ExitCode()
}

// sleep calls Sleep of the library slow and returns when the call is inside.
func (c *child) sleep(ms string) <-chan string {
	answer := make(chan string, 1)
	go func() {
		_, body := c.call("Sleep", "["+ms+"]")
		answer <- body
	}()
	require.Eventually(c.t, func() bool {
		_, body := c.call("Inside", "")
		return strings.HasPrefix(body, `{"result":1,`)
	}, limit, 5*time.Millisecond)
	return answer
}

// TestServeDrains: on SIGTERM and SIGINT the call that is inside is answered,
// and the exit code is 0.
func TestServeDrains(t *testing.T) {
	library := libtest.Build(t, "slow", "1")
	for _, signal := range []os.Signal{syscall.SIGTERM, os.Interrupt} {
		c := startServe(t, filepath.Dir(library))
		c.await(host.Serving)
		answer := c.sleep("700")
		require.NoError(t, c.cmd.Process.Signal(signal))
		assert.Equal(t, `{"result":700,"version":"1"}`, <-answer)
		c.await(host.Drained)
		assert.Equal(t, 0, c.exit())
		assert.Empty(t, c.stderr.String())
	}
}

// TestServeDrainDeadline: if a call does not return in time, the exit code says so.
func TestServeDrainDeadline(t *testing.T) {
	c := startServe(t, filepath.Dir(libtest.Build(t, "slow", "1")), "--drain", "100ms")
	c.await(host.Serving)
	answer := c.sleep("60000")
	require.NoError(t, c.cmd.Process.Signal(syscall.SIGTERM))
	c.await(host.Quarantined)
	assert.Equal(t, 1, c.exit())
	assert.Contains(t, c.stderr.String(), "hotso: ")
	assert.Contains(t, c.stderr.String(), "busy")
	<-answer
}

// TestServeSecondSignal: a second signal ends the wait.
func TestServeSecondSignal(t *testing.T) {
	c := startServe(t, filepath.Dir(libtest.Build(t, "slow", "1")))
	c.await(host.Serving)
	answer := c.sleep("60000")
	require.Eventually(t, func() bool {
		_ = c.cmd.Process.Signal(syscall.SIGTERM) // the first one drains, another one kills
		select {
		case <-answer:
			return true
		default:
			return false
		}
	}, limit, 50*time.Millisecond)
	assert.NotEqual(t, 0, c.exit())
}

// TestServeLog is what people see.
func TestServeLog(t *testing.T) {
	dir := t.TempDir()
	var log lockedBuffer
	cmd := exec.Command("hotso", "serve", dir, "--addr", "127.0.0.1:0")
	cmd.Stderr = &log
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	c := &child{t: t, cmd: cmd}
	shows := func(pattern string) {
		t.Helper()
		re := regexp.MustCompile(pattern)
		require.Eventually(t, func() bool { return re.MatchString(log.String()) },
			limit, 5*time.Millisecond, "no %s", pattern)
	}
	const clock = `(?m)^\d\d:\d\d:\d\d `
	shows(clock + `http://127\.0\.0\.1:\d+, waiting for libNAME\.vVERSION\.so in `)
	library := libtest.Greeter(t, "1")
	require.NoError(t, os.Rename(library, filepath.Join(dir, filepath.Base(library))))
	shows(clock + `greeter v1 serving  \(load \d+ ms\)$`)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "libgreeter.v2.so"), []byte("text"), 0o666))
	shows(clock + `greeter v2 refused  .*not an ELF shared object`)
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	assert.Equal(t, 0, c.exit())
	assert.NotContains(t, log.String(), "\x1b")
}

// A lockedBuffer is written by exec while a test reads it.
type lockedBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// TestServeNamesTheLinkersEnvironment: with a key, who reads the log learns what lets other
// code in.
func TestServeNamesTheLinkersEnvironment(t *testing.T) {
	t.Setenv("LD_LIBRARY_PATH", "/somewhere")
	public, _, err := minisign.GenerateKey(nil)
	require.NoError(t, err)
	c := startServe(t, filepath.Dir(libtest.Greeter(t, "1")), "--key", public.String(), "--name", "greeter")
	c.await(host.Refused) // it is not signed
	require.NoError(t, c.cmd.Process.Signal(syscall.SIGTERM))
	assert.Equal(t, 0, c.exit())
	assert.Contains(t, c.stderr.String(), "variable=LD_LIBRARY_PATH value=/somewhere")
}
