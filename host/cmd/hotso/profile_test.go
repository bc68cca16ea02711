package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

func TestProfileOfARunningServer(t *testing.T) {
	dir, out := t.TempDir(), t.TempDir()
	hotso := func(args ...string) string {
		cmd := exec.Command("hotso", args...)
		cmd.Dir = out
		text, err := cmd.CombinedOutput()
		if err != nil {
			return "failed: " + string(text)
		}
		return string(text)
	}
	assert.Contains(t, hotso("profile", "heap", dir), "no server at ")
	for _, version := range []string{"1", "2"} {
		library := libtest.Build(t, "profiled", version)
		require.NoError(t, os.Rename(library, filepath.Join(dir, filepath.Base(library))))
	}
	c := startServe(t, dir, "--probation", "1h")
	c.await(host.Serving)
	require.Equal(t, "profiled.v2.heap.pb.gz  go tool pprof profiled.v2.heap.pb.gz\n", hotso("profile", "heap", dir))
	top := libtest.GoTool(t, "pprof", "-top", "profiled.v2.heap.pb.gz")
	top.Dir = out
	text, err := top.CombinedOutput()
	require.NoError(t, err, "%s", text)
	assert.Contains(t, string(text), "inuse_space")

	require.Equal(t, "cpu  go tool pprof cpu\n", hotso("profile", "profile", dir, "--for", "10ms", "-o", "cpu"))
	require.FileExists(t, filepath.Join(out, "cpu"))
	require.Contains(t, hotso("profile", "trace", dir, "--for", "10ms"), "go tool trace profiled.v2.trace.out")
	assert.Contains(t, hotso("profile", "goroutine", dir, "--text"), "cabi/cabiprofile/profile.go:")
	assert.Contains(t, hotso("profile", "vars", dir, "--version", "2"), `"version": "2"`)
	assert.Contains(t, hotso("profile", "heap", dir, "--version", "3"), "there is no profiled@3")
	assert.Contains(t, hotso("profile", "nonsense", dir), `"nonsense"`)
	assert.Contains(t, hotso("profile", "heap", dir, "--for", "-1s"), "--for is -1s")
}
