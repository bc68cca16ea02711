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

	"github.com/hotso/hotso/host/internal/libbuild"
	"github.com/hotso/hotso/host/internal/libtest"
)

// A Go block in the README that is a whole program, and what kind of program.
var program = regexp.MustCompile("(?s)<!-- compile: (\\w+) -->\n+```go\n(.*?)```")

// The README's programs do what it says, as one module: the host runs the library, and swaps it
// when there is a new version.
func TestREADME(t *testing.T) {
	plainOnly(t)
	root := must(libtest.Root())(t)
	text := string(must(os.ReadFile(filepath.Join(root, "README.md")))(t))
	dir := libtest.Module(t, "example.com/hello")
	for _, block := range program.FindAllStringSubmatch(text, -1) {
		kind, source := block[1], block[2]
		assert.Less(t, strings.Count(source, "\n"), 22, kind)
		file := filepath.Join(dir, kind, "main.go")
		require.NoFileExists(t, file)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(source), 0o644))
	}
	for _, kind := range []string{"greeting", "library"} {
		generate := exec.CommandContext(t.Context(), "go", "run", "github.com/hotso/hotso/host/cmd/hotso", "gen")
		generate.Dir = filepath.Join(dir, kind)
		generate.Env = append(generate.Environ(), libtest.Offline...)
		out, err := generate.CombinedOutput()
		require.NoError(t, err, "%s", out)
	}

	build := func(version string) {
		t.Helper()
		o := libbuild.Options{Dir: filepath.Join(dir, "library"), Name: "greeter", Version: version,
			Output: filepath.Join(dir, "build"), Env: libtest.Offline}
		_, err := libbuild.Build(t.Context(), o)
		require.NoError(t, err)
	}
	build("1")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", "program", "./host")
	cmd.Dir = dir
	cmd.Env = append(append(cmd.Environ(), libtest.Offline...), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)

	run := exec.CommandContext(t.Context(), filepath.Join(dir, "program"))
	run.Dir = dir
	stdout := must(run.StdoutPipe())(t)
	require.NoError(t, run.Start())
	lines := bufio.NewScanner(stdout)
	says := func(want string) {
		t.Helper()
		require.True(t, lines.Scan(), "it ended")
		assert.Equal(t, want, lines.Text())
	}
	says("swap to 1 error: <nil>")
	says("Hello, Ada, from v1 <nil>")
	build("2")
	says("swap to 2 error: <nil>")
	says("Hello, Ada, from v2 <nil>")
	require.NoError(t, run.Process.Kill())
	assert.Error(t, run.Wait(), "it does not end by itself")
}
