// Package examples_test builds the greeter and runs it from other languages.
package examples_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// examples gives the command that runs each example, without its argument. It
// skips the test if this machine lacks what the language needs.
var examples = map[string]func(t *testing.T) []string{
	"c": func(t *testing.T) []string {
		greet := filepath.Join(t.TempDir(), "greet")
		args := append(compiler(t), "-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic",
			"-I", "../../include", "-o", greet, "c/greet.c", "-ldl")
		run(t, args...)
		return []string{greet}
	},
	"python": func(t *testing.T) []string {
		python, err := exec.LookPath("python3")
		if err != nil {
			t.Skip("no python3 on this machine: ", err)
		}
		return []string{python, "-W", "error", "python/greet.py"}
	},
}

// want is what every example prints about a greeter that was built by hand, not by hotso build.
const want = `library: not sealed, ABI 1
Greet: Hello, Golang!
Add: 40 + 2 = 42
GreetName: Hello, Ada!
GreetName: Hello, Augusta Ada King, Countess of Lovelace! (46 bytes, taken)
GreetName: error: the name is empty
stopped
`

func TestExamples(t *testing.T) {
	library := buildGreeter(t)
	for language, command := range examples {
		t.Run(language, func(t *testing.T) {
			example := command(t)
			for what, c := range map[string]struct {
				args           []string
				exit           int
				stdout, stderr string
			}{
				"greets":        {[]string{library}, 0, want, ""},
				"no argument":   {nil, 2, "", "usage: greet"},
				"no such file":  {[]string{library + ".none"}, 3, "", "libgreeter.so.none"},
				"not a library": {[]string{"./README.md"}, 3, "", "README.md"},
			} {
				stdout, stderr, exit := try(t, append(example, c.args...)...)
				assert.Equal(t, c.exit, exit, "%s: %s", what, stderr)
				assert.Equal(t, c.stdout, stdout, what)
				assert.Contains(t, stderr, c.stderr, what)
			}
		})
	}
}

// buildGreeter builds the library with go build alone, not with hotso build.
func buildGreeter(t *testing.T) string {
	compiler(t) // cgo needs one
	for _, sources := range []string{"..", "../../cabi", "../../include"} {
		// go test must know what the result depends on, or it shows an old result from its cache.
		require.NoError(t, filepath.WalkDir(sources, func(_ string, _ fs.DirEntry, err error) error { return err }))
	}
	library := filepath.Join(t.TempDir(), "libgreeter.so")
	run(t, "go", "build", "-buildmode=c-shared", "-o", library, "..")
	return library
}

// compiler is the command that cgo uses: $CC, or Go's default.
func compiler(t *testing.T) []string {
	out, err := exec.Command("go", "env", "CC").Output()
	require.NoError(t, err)
	command := strings.Fields(string(out))
	if _, err := exec.LookPath(command[0]); err != nil {
		t.Skip("no C compiler on this machine: ", err)
	}
	return command
}

func run(t *testing.T, args ...string) {
	stdout, stderr, exit := try(t, args...)
	require.Zero(t, exit, "%s\n%s%s", strings.Join(args, " "), stdout, stderr)
}

// try runs a command and returns what it printed and its exit code.
func try(t *testing.T, args ...string) (stdout, stderr string, exit int) {
	var out, errs bytes.Buffer
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1") // a library needs cgo, however this test was built
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if exited := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exited) {
		require.NoError(t, err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}
