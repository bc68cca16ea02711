package foreign_test

import (
	"context"
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/libtest"
)

// shared builds libhotso.so as make libhotso does, and returns the directory that it is in, which all tests share.
func shared(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("other programs do the work, which need not be done twice")
	}
	if _, err := exec.LookPath("cc"); err != nil {
		t.Skip("no C compiler: ", err)
	}
	built.Do(func() { run(t, "sh", filepath.Join(root(t), "libhotso", "build.sh"), builtIn) })
	require.FileExists(t, filepath.Join(builtIn, "libhotso.so"))
	return builtIn
}

// One build does for all tests.
var (
	built   sync.Once
	builtIn string
)

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "libhotso-")
	if err != nil {
		panic(err)
	}
	builtIn = dir
	status := m.Run()
	os.RemoveAll(dir)
	os.Exit(status)
}

func root(t *testing.T) string {
	t.Helper()
	dir, err := libtest.Root()
	require.NoError(t, err)
	return dir
}

// compile makes a program of a C file of libhotso's.
func compile(t *testing.T, lib string, source ...string) string {
	t.Helper()
	path := filepath.Join(append([]string{root(t), "libhotso"}, source...)...)
	require.FileExists(t, path) // so that go test knows what the result depends on
	program := filepath.Join(t.TempDir(), strings.TrimSuffix(filepath.Base(path), ".c"))
	run(t, "cc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-I"+filepath.Join(root(t), "include"), "-o", program, path,
		"-L"+lib, "-lhotso", "-Wl,-rpath,"+lib, "-lpthread", "-ldl")
	return program
}

// run returns what a command prints. It fails the test if the command does, or hangs.
func run(t *testing.T, command string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, command, args...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s %s:\n%s", command, strings.Join(args, " "), out)
	return string(out)
}

// A program in C does all that hotso.h offers, and all that it warns of.
func TestC(t *testing.T) {
	unsealed := libtest.Greeter(t, "1")
	libtest.Unseal(t, unsealed)
	program := compile(t, shared(t), "testdata", "all.c")
	out := run(t, program, libtest.Greeter(t, "1"), libtest.Greeter(t, "2"), unsealed,
		libtest.Build(t, "callback", "1"), libtest.Build(t, "slow", "1"), libtest.Build(t, "echo", "1"))
	t.Log(out)
	assert.NotContains(t, out, "WRONG")
	assert.True(t, strings.HasSuffix(out, "end\n"))
}

// Calls come on whatever stack and thread the program has, and swaps go on beside them.
func TestStacks(t *testing.T) {
	out := run(t, compile(t, shared(t), "testdata", "stacks.c"), libtest.Build(t, "plain", "1"), libtest.Build(t, "plain", "2"))
	t.Log(out)
	assert.NotContains(t, out, "WRONG")
	assert.True(t, strings.HasSuffix(out, "end\n"))
}

// Where little is there a library is loaded, or the error says what is missing, and the process lives.
func TestPlaces(t *testing.T) {
	lib := shared(t)
	program, libhotso, greeter := compile(t, lib, "testdata", "places.c"), filepath.Join(lib, "libhotso.so"), libtest.Greeter(t, "1")
	loaded := func(out string) {
		t.Helper()
		assert.Contains(t, out, "open: ok: \nanswer: 42\nclose: ok: ")
		assert.Contains(t, out, `"state":"unloaded"`)
	}
	loaded(run(t, program, libhotso, greeter, "dlmopen"))
	loaded(run(t, program, libhotso, greeter, "limit", strconv.Itoa(8<<30)))
	assert.Contains(t, run(t, program, libhotso, greeter, "limit", strconv.Itoa(200<<20)), "open: load: ", "a Go runtime reserves more")

	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS(filepath.Dir(greeter))))
	switch out := run(t, program, libhotso, "/"+filepath.Base(greeter), "chroot", dir); {
	case strings.HasPrefix(out, "skipped: "):
		t.Log(out)
	default:
		assert.Contains(t, out, "open: load: ")
		assert.Contains(t, out, "/proc/self/task", "says what is missing")
	}
}

// A second copy would have a Go runtime and signal handlers of its own, and know nothing of the first one's libraries.
func TestSecondCopyIsRefused(t *testing.T) {
	lib := shared(t)
	first := filepath.Join(lib, "libhotso.so.1")
	b, err := os.ReadFile(first)
	require.NoError(t, err)
	second := filepath.Join(t.TempDir(), "libhotso.so.1")
	require.NoError(t, os.WriteFile(second, b, 0o755))
	out := run(t, compile(t, lib, "testdata", "twice.c"), first, second, first)
	lines := strings.Split(out, "\n")
	assert.Equal(t, "ok; ; ok", lines[0])
	assert.Contains(t, lines[1], "second_copy; another copy of libhotso was loaded")
	assert.True(t, strings.HasSuffix(lines[1], "; second_copy"))
	assert.Equal(t, "ok; ; ok", lines[2], "the first one stays")
}

// Libraries export the names of cabi.h, and libhotso those of hotso.h: both may be in one program.
func TestOnlyItsOwnNamesAreExported(t *testing.T) {
	lib := shared(t)
	f, err := elf.Open(filepath.Join(lib, "libhotso.so.1"))
	require.NoError(t, err)
	defer f.Close()
	symbols, err := f.DynamicSymbols()
	require.NoError(t, err)
	b, err := os.ReadFile(filepath.Join(root(t), "include", "hotso.h"))
	require.NoError(t, err)
	header := string(b)
	var exported []string
	for _, s := range symbols {
		if s.Section != elf.SHN_UNDEF {
			exported = append(exported, s.Name)
		}
	}
	var declared []string
	for _, m := range regexp.MustCompile(`(?m)^HOTSOH_API .*?\b(hotsoh_\w+)\(`).FindAllStringSubmatch(header, -1) {
		declared = append(declared, m[1])
	}
	assert.Greater(t, len(declared), 30)
	assert.ElementsMatch(t, declared, exported)
	flags, err := f.DynValue(elf.DT_FLAGS_1)
	require.NoError(t, err)
	assert.NotZero(t, elf.DynFlag1(flags[0])&elf.DF_1_NODELETE, "it stays")
}

// The examples are what they say: they compile without a warning, run, and lose no call.
func TestExamples(t *testing.T) {
	lib := shared(t)
	out := run(t, compile(t, lib, "examples", "c", "serve.c"), libtest.Greeter(t, "1"), libtest.Greeter(t, "2"))
	assert.Regexp(t, `^"Hello, Ada!.*"\n\d+ calls, 0 failures, 20 swaps of [0-9.]+ ms\n$`, out)

	guide, err := os.ReadFile(filepath.Join(root(t), "docs", "libhotso.md"))
	require.NoError(t, err)
	_, after, ok := strings.Cut(string(guide), "```c\n")
	require.True(t, ok)
	program, _, _ := strings.Cut(after, "```")
	for _, version := range []string{"1", "2"} { // where they are on this machine
		program = strings.Replace(program, "build/libgreeter.v"+version+".so", libtest.Greeter(t, version), 1)
	}
	source := filepath.Join(t.TempDir(), "sum.c")
	require.NoError(t, os.WriteFile(source, []byte(program), 0o666))
	run(t, "cc", "-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-I"+filepath.Join(root(t), "include"), "-o", source+".out", source,
		"-L"+lib, "-lhotso", "-Wl,-rpath,"+lib)
	assert.Equal(t, "3\n", run(t, source+".out"))
}

// What is installed is found by pkg-config's file, wherever it was put.
func TestInstall(t *testing.T) {
	lib, dest := shared(t), t.TempDir()
	command := filepath.Join(t.TempDir(), "hotso")
	require.NoError(t, os.WriteFile(command, []byte("#!/bin/sh\necho 'hotso v1.2.3-rc1, abi 1'\n"), 0o755))
	run(t, "sh", filepath.Join(root(t), "libhotso", "install.sh"), lib, command, "/opt/hotso", dest)
	for _, name := range []string{"bin/hotso", "lib/libhotso.so", "lib/libhotso.so.1", "include/hotso.h", "include/cabi.h"} {
		assert.FileExists(t, filepath.Join(dest, "opt", "hotso", name))
	}
	pc, err := os.ReadFile(filepath.Join(dest, "opt", "hotso", "lib", "pkgconfig", "hotso.pc"))
	require.NoError(t, err)
	assert.Contains(t, string(pc), "prefix=/opt/hotso\n")
	assert.Contains(t, string(pc), "Version: 1.2.3-rc1\n")
	assert.NotContains(t, string(pc), "@")
}
