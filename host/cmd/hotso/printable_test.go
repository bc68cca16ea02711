package main

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/libtest"
)

// hostile is what a name of a file can contain, and what a terminal obeys or a reader of
// logs takes for a line of ours.
const hostile = "\n09:00:00 greeter v9 serving\x1b[2J\u009b31m\u202e\r\x7f"

// harmless fails if an output obeys a name that has hostile in it.
func harmless(t assert.TestingT, output string) {
	for _, c := range []string{"\x1b", "\u009b", "\u202e", "\r", "\x7f", "\n09:00:00 greeter"} {
		assert.NotContains(t, output, c)
	}
}

// No command lets the name of a file write a line of its own, or do something to the
// terminal.
func TestNamesOfFilesArePrintable(t *testing.T) {
	plainOnly(t)
	dir := filepath.Join(t.TempDir(), "d"+hostile)
	require.NoError(t, os.Mkdir(dir, 0o755))
	library := moveInto(t, dir, libtest.Greeter(t, "1"))
	text := filepath.Join(dir, "libgreeter.v2.so")
	require.NoError(t, os.WriteFile(text, []byte("a text"), 0o644))
	for _, args := range [][]string{
		{"inspect", library}, {"inspect", library, "--json"}, {"inspect", text}, {"inspect", text, "--json"}, {"inspect", dir + "/none"},
		{"call", text, "Greet"}, {"call", library, "Nope" + hostile}, {"call", library, "Add", hostile, "1"},
		{"seal", library, "--version", "1.0.1"}, {"seal", text, "--version", "2"}, {"seal", library, "--key", text},
		{"build", dir, "--version", "1"}, {"build", hostile, "--version", "1"}, {"gen", dir}, {"gen", "--tags", hostile, dir},
		{"crash", text}, {"crash", library, "--kind", hostile}, {"soak", text}, {"keygen", "-o", dir + "/none/k"}, {"keygen", "-o", filepath.Join(dir, "k")},
		{"versions", dir}, {"top", dir}, {"top", "--url", "http://" + hostile}, {"rollback", dir}, {"promote", dir}, {"canary", text, "--percent", "5"}, {"canary", "--socket", text, "--percent", "5"},
		{"serve", text}, {"serve", dir, "--key", text}, {"serve", dir, "--token-file", text}, {"serve", dir, "--addr", hostile},
		{"serve", dir, "--socket", text, "--addr", "127.0.0.1:0"}, {"serve", dir, "--allow-host", hostile}, {"serve", dir, "--check", "= " + hostile},
		{"serve", dir, "--name", hostile, "--addr", "127.0.0.1:0"}, {hostile}, {"serve", "--" + hostile}, {"serve", dir, "--drain", hostile},
		{"__complete", "call", library, ""},
	} {
		out, problem, _ := hotso(t, args...)
		assert.NotEmpty(t, out+problem, "%q", args)
		harmless(t, out)
		harmless(t, problem)
	}
}

// The same for a server: its log, its events and its answers.
func TestServePrintsNamesOfFiles(t *testing.T) {
	parent, err := os.MkdirTemp("", "h") // short: it has a socket
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(parent) })
	dir := filepath.Join(parent, "d"+hostile)
	require.NoError(t, os.Mkdir(dir, 0o755))
	moveInto(t, dir, libtest.Greeter(t, "1"))
	three := libtest.Greeter(t, "3")
	require.NoError(t, os.Rename(three, filepath.Join(dir, "libgreeter.v77.so")))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "libgreeter.v"+strings.ReplaceAll(hostile, "/", "")+".so"), []byte("a text"), 0o644))

	var log lockedBuffer
	cmd := exec.Command("hotso", "serve", dir, "--addr", "127.0.0.1:0", "--name", "greeter")
	cmd.Stderr = &log
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	require.Eventually(t, func() bool {
		text := log.String()
		return strings.Contains(text, "(load ") && strings.Count(text, " refused ") == 2
	}, limit, limit/1000, "%s", &log)
	harmless(t, log.String())
	for line := range strings.Lines(log.String()) {
		assert.Regexp(t, `^\d\d:\d\d:\d\d `, line)
	}
	out, problem, _ := hotso(t, "versions", dir)
	assert.Contains(t, out, "rename it to")
	harmless(t, out+problem)
	for _, args := range [][]string{{"versions", dir, "--json"}, {"top", dir}, {"top", dir, "--json"}} {
		out, problem, code := hotso(t, args...)
		assert.Zero(t, code, problem)
		assert.Contains(t, out, "refused")
		harmless(t, out)
	}

	c := startServe(t, dir, "--name", "greeter")
	for refused := 0; refused < 2; {
		line := c.line()
		harmless(t, line)
		refused += strings.Count(line, `"refused"`)
	}
	stream, err := (&http.Client{Timeout: time.Hour}).Get(c.url + "/events")
	require.NoError(t, err)
	defer stream.Body.Close()
	var events bytes.Buffer
	for strings.Count(events.String(), "event: refused") < 2 || !strings.HasSuffix(events.String(), "\n\n") {
		_, err := io.CopyN(&events, stream.Body, 1)
		require.NoError(t, err)
	}
	harmless(t, events.String())
	_, body := c.call("Nope"+strings.NewReplacer("\n", "%0A", "\x1b", "%1B", "\r", "%0D", "\x7f", "%7F", " ", "%20", "[", "%5B").Replace(hostile), "")
	assert.Contains(t, body, "has no function Nope")
	harmless(t, body)
}
