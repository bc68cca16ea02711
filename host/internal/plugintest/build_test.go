package plugintest

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	hostPkg    = "./testdata/plugin/host"
	greeterPkg = "./testdata/plugin/greeter"
	// greeterFile names the same source as greeterPkg, but as a file: the go
	// command then makes up a plugin path from a hash of the source, in place
	// of the import path.
	greeterFile = "./testdata/plugin/greeter/main.go"
	apiFile     = "./testdata/plugin/api/api.go"
)

// edit changes one source file, for one build only.
type edit struct{ file, old, new string }

var (
	greetV2    = edit{greeterFile, `"Hello, Golang!"`, `"Hello, Golang! (v2)"`}
	apiComment = edit{apiFile, "// Package api", "// One more line.\n// Package api"}
)

// build is one run of go build. The zero value of a field changes nothing.
type build struct {
	target   string
	edit     edit
	trimpath bool
	noCgo    bool
}

// run builds into a directory of the test's own and returns the output's path.
func (b build) run(t *testing.T, root string) string {
	t.Helper()
	dir := t.TempDir()
	out := filepath.Join(dir, "out")
	args := []string{"build", "-buildvcs=false", "-trimpath=false", "-o", out}
	if b.trimpath {
		args = append(args, "-trimpath")
	}
	if b.target != hostPkg {
		args = append(args, "-buildmode=plugin")
	}
	if b.edit != (edit{}) {
		args = append(args, "-overlay", b.edit.overlay(t, root, dir))
	}
	cmd := exec.CommandContext(t.Context(), "go", append(args, b.target)...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1")
	if b.noCgo {
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	}
	msg, err := cmd.CombinedOutput()
	require.NoErrorf(t, err, "%s\n%s", cmd, msg)
	return out
}

// overlay writes the changed source and the JSON file that go build -overlay
// reads, both into dir, and returns the path of the latter.
func (e edit) overlay(t *testing.T, root, dir string) string {
	t.Helper()
	original := filepath.Join(root, e.file)
	source, err := os.ReadFile(original)
	require.NoError(t, err)
	require.Equal(t, 1, strings.Count(string(source), e.old), "%q in %s", e.old, e.file)

	changed := filepath.Join(dir, "changed.go")
	source = []byte(strings.Replace(string(source), e.old, e.new, 1))
	require.NoError(t, os.WriteFile(changed, source, 0o644))

	spec, err := json.Marshal(map[string]any{"Replace": map[string]string{original: changed}})
	require.NoError(t, err)
	path := filepath.Join(dir, "overlay.json")
	require.NoError(t, os.WriteFile(path, spec, 0o644))
	return path
}

// needPlugin skips the test where plugins can't be built and watched.
func needPlugin(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("other programs do the work, which need not be done twice")
	}
	if runtime.GOOS != "linux" {
		t.Skip("the comparison reads /proc/self/maps, which only Linux has")
	}
	cmd := exec.CommandContext(t.Context(), "go", "env", "CC")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1")
	out, err := cmd.Output()
	require.NoError(t, err, "go env CC")
	cc := strings.Fields(string(out))
	require.NotEmpty(t, cc, "go env CC")
	if _, err := exec.LookPath(cc[0]); err != nil {
		t.Skipf("package plugin needs cgo, and cgo a C compiler: %v", err)
	}
}

// moduleRoot returns the top of the module. It looks at every source that the
// builds read, because the test cache knows only the files that the test
// process itself has touched.
func moduleRoot(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../../..")
	require.NoError(t, err)
	sources, err := filepath.Glob(filepath.Join(root, "testdata/plugin/*/*.go"))
	require.NoError(t, err)
	require.NotEmpty(t, sources)
	for _, source := range sources {
		_, err := os.Stat(source)
		require.NoError(t, err)
	}
	return root
}
