package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// An operator sees a swap, rolls it back, loses the server and has it again, in a terminal whose
// size changes and which is as before at the end.
func TestTop(t *testing.T) {
	dir := t.TempDir()
	first, second := libtest.Greeter(t, "1"), libtest.Greeter(t, "2")
	moveInto(t, dir, first)
	c := startServe(t, dir, "--probation", "1h")
	c.await(host.Serving)

	s := openScreen(t, 100, 30, nil, "top", dir)
	before := s.modes()
	s.shows("hotso top", "greeter v1 serves", "live", "› 1        serving", "q quit")
	assert.True(t, s.isDrawnOn())
	c.call("Greet", "")
	s.shows("calls/s", "█")
	moveInto(t, dir, second)
	s.shows("› 2        serving", "  1        warm", "greeter v2  serving  on probation for 1h0m0s, v1 is kept warm", "▲v2")

	s.press("rn")
	s.shows("not done")
	s.press("r")
	s.shows("Roll greeter back from v2 to the version before?  y/n")
	s.press("y")
	s.shows("greeter v1 serves again", "› 1        serving", "  2        failed", "rolled back by hand")
	s.press("j\r")
	s.shows("greeter v2\n", "Last unload", "threads", "esc back")
	s.press("\x1b")
	s.shows("› 2        failed")

	s.resize(60, 16)
	s.shows("enter details   r rollback   / filter   ? help   q quit")
	s.press("/rolled")
	s.shows("/rolled█")
	s.press("\r?")
	s.shows("Keys")
	s.press("q")
	assert.Equal(t, 0, s.exit())
	s.isAsBefore()
	assert.Equal(t, before, s.modes())
	assert.Contains(t, c.line(), "found", "the server goes on")
}

// Without colours there are none, and a server that goes away is tried again.
func TestTopSurvivesTheServer(t *testing.T) {
	dir := t.TempDir()
	moveInto(t, dir, libtest.Greeter(t, "1"))
	token := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(token, []byte("secret\n"), 0o600))
	c := startServe(t, dir, "--token-file", token)
	c.await(host.Serving)
	s := openScreen(t, 80, 24, []string{"NO_COLOR=1"}, "top", "--url", strings.Replace(c.url, "//", "//me:secret@", 1), "--token-file", token)
	s.shows("greeter v1 serves", "live", "me:xxxxx@")
	s.press("ry")
	s.shows("no version before this one", "(hotso help errors/none-before)")
	require.NoError(t, c.cmd.Process.Signal(syscall.SIGTERM))
	c.exit()
	s.shows("connection lost at", "trying again", "no server at http://me:xxxxx@")
	again := start(t, exec.Command("hotso", "serve", dir, "--json", "--addr", strings.TrimPrefix(c.url, "http://")))
	again.await(host.Serving)
	s.shows("live")
	s.mu.Lock()
	for y := range s.terminal.Height() {
		for x := range s.terminal.Width() {
			if cell := s.terminal.CellAt(x, y); cell != nil {
				assert.Nil(t, cell.Style.Fg, "%+v", cell)
			}
		}
	}
	s.mu.Unlock()
	require.NoError(t, s.cmd.Process.Signal(syscall.SIGTERM))
	assert.Equal(t, 0, s.exit())
	s.isAsBefore()
}

// In a pipe there is one table, or one document.
func TestTopPlain(t *testing.T) {
	dir := t.TempDir()
	moveInto(t, dir, libtest.Greeter(t, "1"))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "libgreeter.v2.so"), []byte("a text"), 0o666))
	c := startServe(t, dir)
	c.await(host.Serving)
	out, problem, code := hotso(t, "top", dir)
	assert.Zero(t, code, problem)
	assert.Regexp(t, `(?m)\A *version +state +since +share +calls/s +errors/s +p50 +p99 +inside( +why)?$`, out)
	assert.Regexp(t, `(?m)^1 +serving +\w+ +100 % +0 +0 +- +- +0`, out)
	harmless(t, out)

	out, problem, code = hotso(t, "top", "--url", c.url+"/", "--json")
	assert.Zero(t, code, problem)
	var v struct {
		Server    string
		Libraries []struct {
			Name, Serving string
			Versions      []struct{ Version, State string }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(out), &v))
	assert.Equal(t, c.url, v.Server)
	require.Len(t, v.Libraries, 1)
	assert.Equal(t, "greeter", v.Libraries[0].Name)
	assert.Equal(t, "serving", v.Libraries[0].Versions[0].State)

	for _, args := range [][]string{
		{"top", "--url", "127.0.0.1:8080"}, {"top", dir, "--url", c.url}, {"top", "--token-file", "x"}, {"top", dir, dir},
	} {
		_, problem, code := hotso(t, args...)
		assert.Equal(t, 2, code, "%v: %s", args, problem)
	}
	out, problem, code = hotso(t, "top", dir, "--name", "greeter")
	assert.Zero(t, code, problem)
	assert.Contains(t, out, "serving")
	_, problem, code = hotso(t, "top", dir, "--name", "shop")
	assert.Equal(t, 1, code)
	assert.Contains(t, problem, "has no library shop")
	_, problem, code = hotso(t, "top", t.TempDir())
	assert.Equal(t, 1, code)
	assert.Contains(t, problem, "start one with hotso serve")
}
