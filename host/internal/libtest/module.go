package libtest

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// Offline has the go command take a Module's dependencies from the cache.
var Offline = []string{"GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off"}

var goLine = regexp.MustCompile(`(?m)^go .*$`)

// Module makes an empty module of that path, which uses this module, and returns its directory. The
// go command runs in it with the environment Offline.
func Module(t testing.TB, path string) string {
	t.Helper()
	root, err := Root()
	require.NoError(t, err)
	own, err := os.ReadFile(filepath.Join(root, "go.mod"))
	require.NoError(t, err)
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	require.NoError(t, err)
	dir := t.TempDir()
	text := "module " + path + "\n\n" + goLine.FindString(string(own)) +
		"\n\nrequire github.com/hotso/hotso v0.0.0\n\nreplace github.com/hotso/hotso => " + root + "\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte(text), 0o666))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.sum"), sums, 0o666))
	return dir
}
