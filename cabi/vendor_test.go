package cabi

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// goLine is the line of go.mod with the version of Go.
var goLine = regexp.MustCompile(`(?m)^go .*$`)

// A library can be built from a vendor directory: the headers are in there.
func TestVendored(t *testing.T) {
	if testing.Short() {
		t.Skip("other programs do the work, which need not be done twice")
	}
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	goMod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	require.NoError(t, err)
	goSum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	require.NoError(t, err)
	dir := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	version := goLine.FindString(string(goMod))
	require.NotEmpty(t, version)
	write("go.mod", "module example.com/vendored\n\n"+version+
		"\n\nrequire github.com/hotso/hotso v0.0.0\n\nreplace github.com/hotso/hotso => "+root+"\n")
	write("go.sum", string(goSum))
	write("main.go", "package main\n\nimport \"C\"\nimport \"github.com/hotso/hotso/cabi\"\n\n"+
		"//export Twice\nfunc Twice(n int32) int32 {\n\tdefer cabi.Recover()\n\treturn 2 * n\n}\n\nfunc main() {}\n")
	run := func(args ...string) {
		cmd := exec.Command("go", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "CGO_ENABLED=1", "GOFLAGS=", "GOWORK=off", "GOPROXY=off")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "go %v: %s", args, out)
	}
	run("mod", "vendor")
	assert.FileExists(t, filepath.Join(dir, "vendor/github.com/hotso/hotso/include/cabi.h"))
	run("build", "-mod=vendor", "-buildmode=c-shared", "-trimpath", "-o", filepath.Join(dir, "lib.so"), ".")
}
