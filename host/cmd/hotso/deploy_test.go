package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
	"github.com/hotso/hotso/host/internal/libtest"
)

// The commands reach a running server through its socket, with a token for TCP too.
func TestVersionsAndRollback(t *testing.T) {
	hotso := func(args ...string) string {
		out, err := exec.Command("hotso", args...).CombinedOutput()
		if err != nil {
			return "failed: " + string(out)
		}
		return string(out)
	}
	dir := t.TempDir()
	assert.Contains(t, hotso("versions", dir), "no server at ")

	first, second := libtest.Greeter(t, "1"), libtest.Greeter(t, "2")
	require.NoError(t, os.Rename(first, filepath.Join(dir, filepath.Base(first))))
	token := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(token, []byte(" secret \n\n"), 0o600))
	c := startServe(t, dir, "--probation", "1h", "--token-file", token)
	c.await(host.Serving)
	info, err := os.Lstat(filepath.Join(dir, server.SocketName))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	assert.Contains(t, hotso("rollback", dir), "no version before this one")

	require.NoError(t, os.Rename(second, filepath.Join(dir, filepath.Base(second))))
	assert.Contains(t, c.await(host.Serving).Detail, "on probation for 1h0m0s, v1 is kept warm")
	list := hotso("versions", dir)
	assert.Regexp(t, `(?m)^1 +warm +0 +0`, list)
	assert.Regexp(t, `(?m)^2 +serving +100 % +0 +0`, list)
	assert.Equal(t, "v1 serves again\n", hotso("rollback", "--socket", filepath.Join(dir, server.SocketName)))
	assert.Regexp(t, `(?m)^2 +failed .*rolled back by hand`, hotso("versions", dir))
	assert.Contains(t, hotso("versions", dir, "--json"), `"serving": "1"`)

	empty := filepath.Join(t.TempDir(), "empty")
	require.NoError(t, os.WriteFile(empty, []byte("\n"), 0o600))
	assert.Contains(t, hotso("serve", dir, "--token-file", empty), "it is empty")
	assert.Contains(t, hotso("serve", dir, "--token", ""), "it is empty")
	require.NoError(t, os.WriteFile(empty, []byte("one\ntwo\n"), 0o600))
	assert.Contains(t, hotso("serve", dir, "--token-file", empty), "one word")
	assert.Contains(t, hotso("serve", dir, "--token", "two words"), "one word")
}
