package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/libtest"
)

// alone has the go command heed nothing of this module's.
var alone = []string{"GOWORK=off", "GOFLAGS="}

// needModules skips a test where the go command can't get what a module with hotso needs.
func needModules(t *testing.T) {
	t.Helper()
	needBuild(t)
	root, err := libtest.Root()
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module example.com/m\n\ngo 1.26\n\n"+
		"tool github.com/hotso/hotso/host/cmd/hotso\n\nrequire github.com/hotso/hotso v0.0.0\n\n"+
		"replace github.com/hotso/hotso => "+root+"\n"), 0o666))
	tidy := exec.Command("go", "mod", "tidy")
	tidy.Dir, tidy.Env = dir, append(os.Environ(), alone...)
	if out, err := tidy.CombinedOutput(); err != nil {
		t.Skipf("modules can't be fetched: %v\n%s", err, out)
	}
}

func needMake(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("make"); err != nil {
		t.Skip(err)
	}
}

// in runs a command in a directory, and returns what it writes.
func in(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), alone...)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s %v:\n%s", name, args, out)
	return string(out)
}

// Three commands lead from an empty directory to a swap that can be seen: hotso new, make dev, and a change of
// the source.
func TestThreeCommands(t *testing.T) {
	plainOnly(t)
	needModules(t)
	needMake(t)
	root, err := libtest.Root()
	require.NoError(t, err)
	empty := t.TempDir()
	out := in(t, empty, "hotso", "new", "shop", "--host", "--replace", root)
	assert.Contains(t, out, "shop/libshop/main.go\n")
	assert.Contains(t, out, "Next: cd shop && make dev\n")
	shop := filepath.Join(empty, "shop")

	dev := exec.Command("make", "dev")
	dev.Dir, dev.Env = shop, append(os.Environ(), alone...)
	dev.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdout, err := dev.StdoutPipe()
	require.NoError(t, err)
	dev.Stderr = dev.Stdout
	require.NoError(t, dev.Start())
	lines := make(chan string, 1000)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(stdout); s.Scan(); {
			lines <- s.Text()
		}
	}()
	end := func() { _ = syscall.Kill(-dev.Process.Pid, syscall.SIGINT) } // as a terminal does
	t.Cleanup(func() {
		end()
		for range lines {
		}
		_ = dev.Wait()
	})
	said := regexp.MustCompile(`^(\d+) (Hello|Moin), Ada!$`)
	var seen []string
	next := func(text string) (count int) {
		t.Helper()
		for deadline := time.After(5 * time.Minute); ; {
			select {
			case line, ok := <-lines:
				require.True(t, ok, "it ended:\n%s", strings.Join(seen, "\n"))
				seen = append(seen, line)
				require.NotContains(t, line, "exit status", "%s", strings.Join(seen, "\n"))
				if m := said.FindStringSubmatch(line); m != nil && m[2] == text {
					count, err := strconv.Atoi(m[1])
					require.NoError(t, err)
					return count
				}
			case <-deadline:
				require.Fail(t, "nothing is said", strings.Join(seen, "\n"))
			}
		}
	}
	before := next("Hello")
	main := filepath.Join(shop, "libshop/main.go")
	text, err := os.ReadFile(main)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(main, []byte(strings.Replace(string(text), "Hello", "Moin", 1)), 0o666))
	assert.Greater(t, next("Moin"), before, "the count goes on")
}

// What is made passes its own checks, and is generated and formatted.
func TestNew(t *testing.T) {
	plainOnly(t)
	needModules(t)
	needMake(t)
	root, err := libtest.Root()
	require.NoError(t, err)
	for what, c := range map[string]struct {
		args    []string
		library string
		others  []string
	}{
		"contract": {[]string{"corner-Shop"}, "libcorner-Shop", []string{"cornershop"}},
		"host":     {[]string{"example.com/team/prices/v2", "--host", "--contract", "-o", "here"}, "libprices", []string{"prices", "cmd/prices"}},
		"exports":  {[]string{"libprices", "--exports", "--host"}, "libprices", []string{"cmd/prices"}},
	} {
		t.Run(what, func(t *testing.T) {
			empty := t.TempDir()
			in(t, empty, "hotso", append([]string{"new", "--replace", root}, c.args...)...)
			made, err := filepath.Glob(filepath.Join(empty, "*"))
			require.NoError(t, err)
			require.Len(t, made, 1)
			dir := made[0]
			for _, d := range append(c.others, c.library) {
				assert.DirExists(t, filepath.Join(dir, d))
			}
			assert.Empty(t, in(t, dir, "gofmt", "-l", "."))
			in(t, dir, "go", "mod", "tidy", "-diff")
			in(t, dir, "make", "test")
			in(t, dir, "go", "tool", "hotso", "gen", "--check", "./"+c.library)
			if what == "contract" { // it works without the modules, too
				in(t, dir, "go", "mod", "vendor")
			}
			in(t, dir, "go", "tool", "hotso", "build", "--version", "1", "./"+c.library)
		})
	}
}

func TestNewRefuses(t *testing.T) {
	root, err := libtest.Root()
	require.NoError(t, err)
	full := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(full, "mine"), nil, 0o666))
	for want, args := range map[string][]string{
		"bad library name":                     {"2shop"},
		"lib can't be the name of the contrac": {"lib"},
		"main can't be the name of the contr":  {"main"},
		"watch can't be the name of the contr": {"Watch"},
		"string can't be the name of the cont": {"string"},
		"is not empty":                         {"shop", "-o", full},
		"--contract and --exports: choose one": {"shop", "--contract", "--exports"},
		"malformed import path":                {"exa mple.com/shop"},
		"../shop is a directory":               {"../shop"},
		". is a directory: say where by -o .":  {"."},
		"the go command failed":                {"shop", "--replace", filepath.Join(root, "docs")},
	} {
		empty := t.TempDir()
		cmd := exec.Command("hotso", append([]string{"new", "--replace", root}, args...)...)
		cmd.Dir, cmd.Env = empty, append(os.Environ(), alone...)
		out, err := cmd.CombinedOutput()
		require.Error(t, err, want)
		assert.Contains(t, string(out), want)
		left, err := os.ReadDir(empty)
		require.NoError(t, err)
		assert.Empty(t, left, want)
	}
	entries, err := os.ReadDir(full)
	require.NoError(t, err)
	assert.Len(t, entries, 1, "what was there is there")
}
