package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// hotso runs the command and returns what it wrote to stdout and stderr, and its exit
// code.
func hotso(t *testing.T, args ...string) (out, problem string, code int) {
	t.Helper()
	cmd := exec.Command("hotso", args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if cmd.ProcessState == nil {
		require.NoError(t, err)
	}
	return stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()
}

func moveInto(t *testing.T, dir, library string) string {
	t.Helper()
	path := filepath.Join(dir, filepath.Base(library))
	require.NoError(t, os.Rename(library, path))
	return path
}

func TestCanaryAndPromote(t *testing.T) {
	dir := t.TempDir()
	ok := func(want string, args ...string) {
		t.Helper()
		out, problem, code := hotso(t, args...)
		assert.Zero(t, code, problem)
		assert.Equal(t, want, out)
	}
	moveInto(t, dir, libtest.Greeter(t, "1"))
	c := startServe(t, dir, "--canary", "5")
	c.await(host.Serving)
	two := moveInto(t, dir, libtest.Greeter(t, "2"))
	assert.Equal(t, "5 % of the calls", c.await(host.Canary).Detail)
	ok("v2 gets 20 % of the calls, and 1 key\n", "canary", dir, "--percent", "20", "--for", "alice")
	list, _, _ := hotso(t, "versions", dir)
	assert.Regexp(t, `(?m)^version +state +share +calls +errors +inside$`, list)
	assert.Regexp(t, `(?m)^1 +serving +80 % +0 +0 +0`, list)
	assert.Regexp(t, `(?m)^2 +canary +20 % +0 +0 +0`, list)
	ok("v2 is aborted, and unloaded\n", "canary", dir, "--abort")
	ok("v2 gets 50 % of the calls\n", "canary", two, "--percent", "50", "--promote-calls", "1000000")
	ok("v2 serves\n", "promote", dir)

	_, problem, code := hotso(t, "promote", dir)
	assert.Equal(t, 1, code)
	assert.Contains(t, problem, "no canary runs")
	_, problem, code = hotso(t, "canary", filepath.Join(dir, "libgreeter.v1.so"), "--percent", "5")
	assert.Equal(t, 3, code)
	assert.Contains(t, problem, "older version")
	out, _, code := hotso(t, "canary", two, "--percent", "5", "--json")
	assert.Zero(t, code)
	var v host.VersionInfo
	require.NoError(t, json.Unmarshal([]byte(out), &v))
	assert.Equal(t, host.Canary, v.State)
	for _, args := range [][]string{
		{"canary", dir},
		{"canary", dir, "--percent", "101"},
		{"canary", dir, "--percent", "NaN"},
		{"canary", dir, "--percent", "1", "--promote-calls", "1"},
		{"canary", two, "--percent", "1", "--promote-errors", "2"},
		{"canary", two, "--abort"},
		{"canary", "check.go", "--percent", "1"},
		{"promote", dir, dir},
		{"serve", dir, "--canary", "-1"},
		{"serve", dir, "--promote-calls", "1"},
		{"serve", dir, "--check", "= 3"},
	} {
		_, problem, code := hotso(t, args...)
		assert.Equal(t, 2, code, "%v: %s", args, problem)
	}
}

// A version that does not give the expected answer never serves.
func TestServeChecks(t *testing.T) {
	dir := t.TempDir()
	moveInto(t, dir, libtest.Greeter(t, "1"))
	c := startServe(t, dir, "--check", "Add 20 22 = 42", "--check", "Greet", "--check", "GreetName Ada = Hello, Ada!")
	c.await(host.Serving)
	moveInto(t, dir, libtest.Greeter(t, "2"))
	assert.Contains(t, c.await(host.Failed).Detail, "health: unhealthy: --check 'GreetName Ada = Hello, Ada!': the answer is Hello, Ada! (v2)")
	list, _, _ := hotso(t, "versions", dir)
	assert.Regexp(t, `(?m)^1 +serving +100 %`, list)
	assert.Regexp(t, `(?m)^2 +failed`, list)

	for _, bad := range []string{"None", "Add 1", "Add 1 two", "GreetName"} {
		alone := t.TempDir()
		moveInto(t, alone, libtest.Greeter(t, "1"))
		c := startServe(t, alone, "--check", bad)
		assert.Contains(t, c.await(host.Failed).Detail, "--check '"+bad+"': ")
	}
}
