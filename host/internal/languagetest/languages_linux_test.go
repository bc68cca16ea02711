package languagetest

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/libtest"
)

// A language is one whose package is tested.
type language struct {
	name  string
	dir   string                   // of the package, below the module's root
	tools []string                 // programs without which the test is skipped
	test  func(*testing.T, *suite) // runs the package's tests
}

var languages = []language{
	{"Python", "python", []string{"python3"}, testPython},
	{"Rust", "rust", []string{"cargo"}, testRust},
	{"Node", "node", []string{"node", "npm"}, testNode},
	{"C++", "cpp", []string{"g++"}, testCPlusPlus},
	{"Java", "java", nil, testJava},
}

func TestLanguages(t *testing.T) {
	if testing.Short() {
		t.Skip("compilers and interpreters of other languages do all the work")
	}
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		t.Skip("libhotso is for amd64 and arm64")
	}
	s := newSuite(t)
	for _, l := range languages {
		t.Run(l.name, func(t *testing.T) {
			for _, tool := range l.tools {
				if _, err := exec.LookPath(tool); err != nil {
					skip(t, tool+" is not on this machine")
				}
			}
			l.test(t, s.in(l.dir))
		})
	}
}

// A suite is what all languages share: libhotso, and the libraries that their tests load.
type suite struct {
	root string   // of the module
	lib  string   // the directory of libhotso.so
	dir  string   // of the language's package
	env  []string // HOTSO_LIBRARY, HOTSO_LIB_DIR; GREETER_V1, ECHO_V1 and so on: paths of libraries; HOTSO_TEST_LIBRARIES: where all are
}

func newSuite(t *testing.T) *suite {
	root, err := libtest.Root()
	require.NoError(t, err)
	s := &suite{root: root, lib: t.TempDir()}
	libraries := map[string]string{
		"GREETER_V1": libtest.Greeter(t, "1"),
		"GREETER_V2": libtest.Greeter(t, "2"),
	}
	for _, name := range []string{"callback", "crash", "echo", "sessions", "shapes", "slow"} {
		libraries[strings.ToUpper(name)+"_V1"] = libtest.Build(t, name, "1")
	}
	s.run(t, root, "sh", "libhotso/build.sh", s.lib)
	s.env = append(os.Environ(), "HOTSO_LIBRARY="+filepath.Join(s.lib, "libhotso.so"), "HOTSO_LIB_DIR="+s.lib)
	all := t.TempDir()
	s.env = append(s.env, "HOTSO_TEST_LIBRARIES="+all)
	for name, path := range libraries {
		s.env = append(s.env, name+"="+path)
		require.NoError(t, os.Symlink(path, filepath.Join(all, filepath.Base(path))))
	}
	return s
}

// in is the suite for the language whose package is in that directory.
func (s *suite) in(dir string) *suite {
	own := *s
	own.dir = filepath.Join(s.root, dir)
	return &own
}

// run runs a program, which must end well, and logs what it prints.
func (s *suite) run(t *testing.T, dir, program string, args ...string) {
	t.Helper()
	out, err := s.try(t, dir, program, args...)
	require.NoError(t, err, "%s: %s", program, out)
	t.Logf("%s:\n%s", filepath.Base(program), out)
}

func (s *suite) try(t *testing.T, dir, program string, args ...string) (string, error) {
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir, cmd.Env = dir, s.env
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// skip says on stderr, too, why: go test without -v keeps it to itself.
func skip(t *testing.T, why string) {
	t.Helper()
	_, _ = os.Stderr.WriteString("skipped: " + t.Name() + ": " + why + "\n")
	t.Skip(why)
}

func testPython(t *testing.T, s *suite) {
	own := *s
	own.env = append(own.env[:len(own.env):len(own.env)], "PYTHONPATH="+filepath.Join(s.dir, "src"), "PYTHONDONTWRITEBYTECODE=1")
	own.run(t, s.dir, "python3", "-m", "unittest", "discover", "-s", "tests")
	// The example is served by the package as pip installs it, which downloads nothing.
	venv := filepath.Join(t.TempDir(), "venv")
	if out, err := s.try(t, s.dir, "python3", "-m", "venv", venv); err != nil {
		skip(t, "python3 -m venv: "+out)
	}
	python := filepath.Join(venv, "bin", "python")
	s.run(t, s.dir, python, "-m", "pip", "install", "--quiet", "--no-index", ".")
	s.serve(t, s.dir, python, "examples/greeter.py")
}

func testRust(t *testing.T, s *suite) {
	own := *s
	own.env = append(own.env[:len(own.env):len(own.env)], "CARGO_TARGET_DIR="+t.TempDir())
	own.run(t, s.dir, "cargo", "test", "--quiet")
	own.serve(t, s.dir, "cargo", "run", "--quiet", "--example", "greeter", "--")
}

// testNode works on a copy, so that npm leaves the tree as it is.
func testNode(t *testing.T, s *suite) {
	top := t.TempDir()
	dir := filepath.Join(top, "node")
	require.NoError(t, os.Mkdir(dir, 0o777))
	copyTree(t, filepath.Join(s.root, client), filepath.Join(top, client))
	for _, part := range []string{"package.json", "index.d.ts", "src", "test", "examples"} {
		copyTree(t, filepath.Join(s.dir, part), filepath.Join(dir, part))
	}
	out, err := s.try(t, dir, "npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts",
		"--fetch-retries=0", "--fetch-timeout=60000")
	if err != nil {
		skip(t, "koffi can't be installed: "+out)
	}
	s.run(t, dir, "npm", "test")
	s.serve(t, dir, "node", "examples/greeter.js")
}

func testCPlusPlus(t *testing.T, s *suite) {
	dir := t.TempDir()
	flags := []string{"-std=c++17", "-O1", "-Wall", "-Wextra", "-Werror", "-pthread", "-I" + filepath.Join(s.root, "include"),
		"-L" + s.lib, "-Wl,-rpath," + s.lib}
	for program, sources := range map[string]string{"tests": "test/*.cpp", "greeter": "examples/*.cpp"} {
		files, err := filepath.Glob(filepath.Join(s.dir, sources))
		require.NoError(t, err)
		args := append(append([]string{}, flags...), files...)
		s.run(t, dir, "g++", append(args, "-lhotso", "-o", program)...)
	}
	s.run(t, dir, "./tests")
	s.serve(t, dir, "./greeter")
}

func testJava(t *testing.T, s *suite) {
	home := javaHome(s, t)
	if home == "" {
		skip(t, "there is no Java 22 or later, neither in JAVA_HOME nor in PATH nor below /usr/lib/jvm")
	}
	classes := t.TempDir()
	args := []string{"--release", "22", "-d", classes}
	for _, part := range []string{"main", "test"} {
		files, err := filepath.Glob(filepath.Join(s.dir, "src", part, "java/io/github/hotso/*.java"))
		require.NoError(t, err)
		args = append(args, files...)
	}
	args = append(args, filepath.Join(s.root, client, "Echo.java"))
	s.run(t, classes, filepath.Join(home, "bin/javac"), args...)
	java := []string{"-ea", "--enable-native-access=ALL-UNNAMED", "-cp", classes}
	s.run(t, classes, filepath.Join(home, "bin/java"), append(java, "io.github.hotso.Main")...)
	java = append(java, filepath.Join(s.dir, "examples/Greeter.java"))
	s.serve(t, classes, filepath.Join(home, "bin/java"), java...)
}

// javaHome is where a Java lies that has the Foreign Function & Memory API (JEP 454), or "".
func javaHome(s *suite, t *testing.T) string {
	homes, _ := filepath.Glob("/usr/lib/jvm/*")
	homes = append([]string{os.Getenv("JAVA_HOME")}, homes...)
	if java, err := exec.LookPath("java"); err == nil {
		if java, err = filepath.EvalSymlinks(java); err == nil {
			homes = append(homes, filepath.Dir(filepath.Dir(java)))
		}
	}
	for _, home := range homes {
		// Which release javac knows says its version without having to read how it is printed.
		if out, err := s.try(t, "/", filepath.Join(home, "bin/javac"), "--release", "22", "--version"); err == nil && home != "" {
			t.Logf("%s: %s", home, out)
			return home
		}
	}
	return ""
}

// client is where hotso gen has written clients that the packages test.
const client = "testdata/libs/echo/client"

// serve runs the example of a language, which exits with a status other than 0 if a call failed.
func (s *suite) serve(t *testing.T, dir, program string, args ...string) {
	t.Helper()
	var libraries []string
	for _, name := range []string{"GREETER_V1=", "GREETER_V2="} {
		for _, e := range s.env {
			if path, ok := strings.CutPrefix(e, name); ok {
				libraries = append(libraries, path)
			}
		}
	}
	out, err := s.try(t, dir, program, append(args, libraries...)...)
	require.NoError(t, err, out)
	assert.Contains(t, out, " 0 failed, ")
	t.Log(out)
}

func copyTree(t *testing.T, from, to string) {
	t.Helper()
	info, err := os.Stat(from)
	require.NoError(t, err)
	if info.IsDir() {
		require.NoError(t, os.CopyFS(to, os.DirFS(from)))
		return
	}
	data, err := os.ReadFile(from)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(to, data, 0o666))
}
