package host_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/gen"
	"github.com/hotso/hotso/host/internal/libbuild"
	"github.com/hotso/hotso/host/internal/libtest"
)

// A Go block in the README that is a whole program, and what kind of program.
var program = regexp.MustCompile("(?s)<!-- compile: (\\w+) -->\n+```go\n(.*?)```")

// The README's programs do what it says, in modules of their own: the host runs
// the library, and swaps it when there is a new version.
func TestREADME(t *testing.T) {
	root := must(libtest.Root())(t)
	text := string(must(os.ReadFile(filepath.Join(root, "README.md")))(t))
	dirs := map[string]string{}
	for _, block := range program.FindAllStringSubmatch(text, -1) {
		kind, source := block[1], block[2]
		assert.Less(t, strings.Count(source, "\n"), 20, kind)
		assert.NotContains(t, dirs, kind)
		dirs[kind] = module(t, root, source)
	}
	require.Len(t, dirs, 3)
	require.Contains(t, dirs, "host")
	require.Contains(t, dirs, "library")
	require.Contains(t, dirs, "exports")
	generated(t, dirs["exports"])

	build := func(version string) {
		t.Helper()
		o := libbuild.Options{Dir: dirs["library"], Name: "greeter", Version: version,
			Output: filepath.Join(dirs["host"], "build"), Env: offline}
		_, err := libbuild.Build(t.Context(), o)
		require.NoError(t, err)
	}
	build("1")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", "host", ".")
	cmd.Dir = dirs["host"]
	cmd.Env = append(append(cmd.Environ(), offline...), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)

	run := exec.CommandContext(t.Context(), filepath.Join(dirs["host"], "host"))
	run.Dir = dirs["host"]
	stdout := must(run.StdoutPipe())(t)
	require.NoError(t, run.Start())
	lines := bufio.NewScanner(stdout)
	says := func(want string) {
		t.Helper()
		require.True(t, lines.Scan(), "it ended")
		assert.Equal(t, want, lines.Text())
	}
	generated(t, dirs["exports"])
	says("swap to 1 error: <nil>")
	says("Hello from v1 <nil>")
	build("2")
	says("swap to 2 error: <nil>")
	says("Hello from v2 <nil>")
	require.NoError(t, run.Process.Kill())
	assert.Error(t, run.Wait(), "it does not end by itself")
}

// The README's plain Go becomes the client that it calls.
func generated(t *testing.T, dir string) {
	t.Helper()
	files, notes, err := gen.Generate(t.Context(), dir)
	require.NoError(t, err)
	assert.Empty(t, notes)
	require.NoError(t, gen.Write(dir, files))
	client := string(must(os.ReadFile(filepath.Join(dir, "client", gen.GoFile)))(t))
	assert.Contains(t, client, "\nfunc New(c host.Caller, ")
	assert.Contains(t, client, "\nfunc (c *Client) Greet(ctx context.Context, name string) (string, error) {\n")
	o := libbuild.Options{Dir: dir, Name: "greeter", Version: "1", Output: t.TempDir(), Env: offline}
	_, err = libbuild.Build(t.Context(), o)
	require.NoError(t, err)
}

// offline makes the go command take this module's dependencies from the cache.
var offline = []string{"GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off"}

// module makes a module of one file that uses this module.
func module(t *testing.T, root, source string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "main.go"), []byte(source), 0o644))
	goMod := must(os.ReadFile(filepath.Join(root, "go.mod")))(t)
	goVersion := regexp.MustCompile(`(?m)^go .*$`).Find(goMod)
	text := "module example.com/readme\n\n" + string(goVersion) +
		"\n\nrequire github.com/hotso/hotso v0.0.0\n\nreplace github.com/hotso/hotso => " + root + "\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte(text), 0o644))
	sums := must(os.ReadFile(filepath.Join(root, "go.sum")))(t)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.sum"), sums, 0o644))
	return dir
}
