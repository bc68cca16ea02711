// Package examples_test builds the greeter and runs it from other languages.
package examples_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
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
		args := append(compiler(t, "CC"), "-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic",
			"-I", "../../include", "-o", greet, "c/greet.c", "-ldl")
		run(t, args...)
		return []string{greet}
	},
	"cpp": func(t *testing.T) []string {
		greet := filepath.Join(t.TempDir(), "greet")
		args := append(compiler(t, "CXX"), "-std=c++17", "-Wall", "-Wextra", "-Werror", "-pedantic",
			"-I", "../../include", "-o", greet, "cpp/greet.cpp", "-ldl")
		run(t, args...)
		return []string{greet}
	},
	"rust": func(t *testing.T) []string {
		greet := filepath.Join(t.TempDir(), "greet")
		run(t, program(t, "rustc"), "-D", "warnings", "-o", greet, "rust/greet.rs")
		return []string{greet}
	},
	"java": func(t *testing.T) []string {
		return []string{java(t, 22), "--enable-native-access=ALL-UNNAMED", "java/Greet.java"}
	},
	"python": func(t *testing.T) []string {
		return []string{program(t, "python3"), "-W", "error", "python/greet.py"}
	},
	"node": func(t *testing.T) []string {
		node := program(t, "node")
		needs(t, "koffi: npm install --prefix libgreeter/examples/node", node, "-e", `require("./node/node_modules/koffi")`)
		return []string{node, "node/greet.js"}
	},
	"ruby": func(t *testing.T) []string {
		return []string{program(t, "ruby"), "-W", "ruby/greet.rb"}
	},
	"php": func(t *testing.T) []string {
		php := program(t, "php")
		needs(t, "PHP's extension FFI", php, "-r", `exit(extension_loaded("FFI") ? 0 : 1);`)
		return []string{php, "-d", "error_reporting=-1", "php/greet.php"}
	},
	"luajit": func(t *testing.T) []string {
		return []string{program(t, "luajit"), "luajit/greet.lua"}
	},
	"perl": func(t *testing.T) []string {
		perl := program(t, "perl")
		needs(t, "Perl's module FFI::Platypus 2.00", perl, "-e", "use FFI::Platypus 2.00")
		return []string{perl, "perl/greet.pl"}
	},
}

// program is the path of a program of this machine.
func program(t *testing.T, name string) string {
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("no %s on this machine: %v", name, err)
	}
	return path
}

// needs runs a command that succeeds only where something is installed.
func needs(t *testing.T, what string, args ...string) {
	if _, _, exit := try(t, args...); exit != 0 {
		t.Skip("it needs ", what)
	}
}

// java is the java of $JAVA_HOME, of $PATH, or where Linux distributions put them, that
// has at least this version.
func java(t *testing.T, version int) string {
	candidates, err := filepath.Glob("/usr/lib/jvm/*/bin/java")
	require.NoError(t, err)
	candidates = append([]string{filepath.Join(os.Getenv("JAVA_HOME"), "bin", "java"), "java"}, candidates...)
	newest := 0
	for _, candidate := range candidates {
		path, err := exec.LookPath(candidate)
		if err != nil {
			continue
		}
		_, stderr, _ := try(t, path, "-XshowSettings:properties", "-version")
		major := 0
		if _, property, ok := strings.Cut(stderr, "java.specification.version = "); ok {
			major, _ = strconv.Atoi(strings.Fields(property)[0]) // "1.8" is 0: too old
		}
		if major >= version {
			return path
		}
		newest = max(newest, major)
	}
	if newest == 0 {
		t.Skipf("no java on this machine; Java %d or newer is needed", version)
	}
	t.Skipf("the newest Java on this machine is %d; %d or newer is needed", newest, version)
	return ""
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
	if testing.Short() {
		t.Skip("other programs do the work, which need not be done twice")
	}
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
	compiler(t, "CC") // cgo needs one
	for _, sources := range []string{"..", "../../cabi", "../../include"} {
		// go test must know what the result depends on, or it shows an old result from its cache.
		require.NoError(t, filepath.WalkDir(sources, func(_ string, _ fs.DirEntry, err error) error { return err }))
	}
	library := filepath.Join(t.TempDir(), "libgreeter.so")
	// With -trimpath, as hotso build has it, the standard library is not compiled once more.
	run(t, "go", "build", "-buildmode=c-shared", "-trimpath", "-o", library, "..")
	return library
}

// compiler is the command that cgo uses: $CC or $CXX, or Go's default.
func compiler(t *testing.T, variable string) []string {
	out, err := exec.Command("go", "env", variable).Output()
	require.NoError(t, err)
	command := strings.Fields(string(out))
	program(t, command[0])
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
