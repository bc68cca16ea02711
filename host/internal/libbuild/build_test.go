package libbuild

import (
	"bytes"
	"context"
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/cabi/abi/manifest"
)

const greeterDir = "../../../libgreeter"

var greeterFunctions = []manifest.Function{
	{Name: "Add", Signature: "func(a int32, b int32) int32"},
	{Name: "Greet", Signature: "func() cstring"},
	{Name: "GreetName", Signature: "func(name string) (string, error)"},
}

// build skips the test where there is no C compiler to build with.
func build(t *testing.T, o Options) (Result, error) {
	t.Helper()
	r, err := Build(t.Context(), o)
	if errors.Is(err, ErrNoCompiler) {
		t.Skip(err)
	}
	return r, err
}

func TestBuildGreeter(t *testing.T) {
	out := filepath.Join(t.TempDir(), "new", "build")
	r, err := build(t, Options{Dir: greeterDir, Version: "2.1.0-rc1", Output: out})
	require.NoError(t, err)

	path := filepath.Join(out, "libgreeter.v2.1.0-rc1.so")
	assert.Equal(t, path, r.Path)
	assert.Equal(t, "github.com/hotso/hotso/libgreeter", r.Package)
	assert.Equal(t, []string{filepath.Base(path)}, entries(t, out), "nothing else is left")
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o755), info.Mode())

	file, err := os.ReadFile(path)
	require.NoError(t, err)
	s, err := manifest.Unseal(file)
	require.NoError(t, err)
	image, m := s.Image, s.Manifest
	assert.Equal(t, r.Manifest, m)
	assert.Equal(t, "greeter", m.Name)
	assert.Equal(t, "2.1.0-rc1", m.Version)
	assert.EqualValues(t, abi.Version, m.ABI)
	assert.Equal(t, runtime.Version(), m.Go)
	assert.Equal(t, runtime.GOOS, m.OS)
	assert.Equal(t, runtime.GOARCH, m.Arch)
	assert.Equal(t, greeterFunctions, m.Functions)

	symbols, err := dynamicSymbols(image)
	require.NoError(t, err)
	for _, name := range abi.ControlSymbols {
		if name != abi.SymUnload && name != abi.SymRelease && name != abi.SymThreads && name != abi.SymDescriptors { // there only with the shim
			assert.Contains(t, symbols, name)
		}
	}
	d, err := abi.DecodeDescriptor(image[symbols[abi.SymDescriptor]:])
	require.NoError(t, err)
	assert.Equal(t, "greeter", d.Name)
	assert.Equal(t, "2.1.0-rc1", d.Version)
	assert.EqualValues(t, abi.Version, d.ABI)
}

func TestBuildByImportPathReplacesAFile(t *testing.T) {
	out := t.TempDir()
	path := filepath.Join(out, "libhello.v3.so")
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o600))
	var said bytes.Buffer
	r, err := build(t, Options{
		Dir: "github.com/hotso/hotso/libgreeter", Name: "hello", Version: "3", Output: out,
		LDFlags: "-X github.com/hotso/hotso/libgreeter/greeter.greeting=Moin-Golang",
		Strip:   true, Verbose: true, Stderr: &said,
	})
	require.NoError(t, err)
	assert.Equal(t, path, r.Path)
	file, err := os.ReadFile(path)
	require.NoError(t, err)
	s, err := manifest.Unseal(file)
	require.NoError(t, err)
	image, m := s.Image, s.Manifest
	assert.Equal(t, "hello", m.Name)
	assert.Contains(t, string(image), "Moin-Golang")
	f, err := elf.NewFile(bytes.NewReader(image))
	require.NoError(t, err)
	assert.Nil(t, f.Section(".symtab"), "stripped")
	assert.Contains(t, said.String(), "-buildmode=c-shared")
}

func TestBuildTags(t *testing.T) {
	if testing.Short() {
		t.Skip("other programs do the work, which need not be done twice")
	}
	dir := tinyLibrary(t, abi.Version, "//go:build extra\n\npackage main\n\nimport \"C\"\n\n//export Extra\nfunc Extra() {}\n")
	for tags, want := range map[string]int{"": 1, "extra": 2} {
		r, err := build(t, Options{Dir: dir, Version: "1", Output: t.TempDir(), Tags: tags})
		require.NoError(t, err)
		assert.Len(t, r.Manifest.Functions, want, "tags %q", tags)
	}
}

func TestBuildRefuses(t *testing.T) {
	for _, test := range []struct {
		name string
		o    Options
		want error
		says string
	}{
		{"no version", Options{Dir: greeterDir}, ErrVersion, `""`},
		{"a version with v", Options{Dir: greeterDir, Version: "v2"}, ErrVersion, "without v"},
		{"a path as version", Options{Dir: greeterDir, Version: "2/../../3"}, ErrVersion, "2.1.0-rc1"},
		{"build metadata", Options{Dir: greeterDir, Version: "2.1.0+a"}, ErrVersion, "semantic"},
		{"a long version", Options{Dir: greeterDir, Version: "1.0.0-" + strings.Repeat("a", 60)}, ErrVersion, "semantic"},
		{"a path as name", Options{Dir: greeterDir, Version: "1", Name: "../x"}, ErrName, "letters"},
		{"a name with a dot", Options{Dir: greeterDir, Version: "1", Name: "a.v2"}, ErrName, "letters"},
		{"a name that no server would find", Options{Dir: greeterDir, Version: "1", Name: "3d"}, ErrName, "the first a letter"},
		{"a long name", Options{Dir: greeterDir, Version: "1", Name: strings.Repeat("a", 64)}, ErrName, "63"},
		{"not main", Options{Dir: "../../../cabi/abi", Version: "1"}, ErrNotLibrary, "package main"},
		{"several packages", Options{Dir: "github.com/hotso/hotso/cabi/...", Version: "1"}, ErrNotLibrary, "more than one"},
		{"no package", Options{Dir: "github.com/hotso/hotso/host/none/...", Version: "1"}, ErrNotLibrary, "no package"},
		{"not there", Options{Dir: "./none", Version: "1"}, ErrGo, "none"},
		{"no compiler", Options{Dir: greeterDir, Version: "1", Env: []string{"CC=no-such-cc"}}, ErrNoCompiler, "set CC"},
		{"no ELF", Options{Dir: greeterDir, Version: "1", Env: []string{"GOOS=darwin"}}, ErrPlatform, "GOOS=darwin"},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.o.Output = filepath.Join(t.TempDir(), "out")
			_, err := Build(t.Context(), test.o)
			require.ErrorIs(t, err, test.want)
			assert.ErrorContains(t, err, test.says)
			assert.NoDirExists(t, test.o.Output, "refused before any work")
		})
	}
}

func TestWithoutCabi(t *testing.T) {
	dir := module(t, map[string]string{"main.go": "package main\n\nimport \"C\"\n\nfunc main() {}\n"})
	_, err := Build(t.Context(), Options{Dir: dir, Name: "x", Version: "1", Output: t.TempDir()})
	require.ErrorIs(t, err, ErrNotLibrary)
	assert.ErrorContains(t, err, `add import _ "github.com/hotso/hotso/cabi"`)
}

func TestDefaultNameMustBeFit(t *testing.T) {
	dir := module(t, map[string]string{
		"cabi/cabi.go":       "package cabi\n",
		"my.library/main.go": "package main\n\nimport _ \"github.com/hotso/hotso/cabi\"\n\nfunc main() {}\n",
	})
	_, err := Build(t.Context(), Options{Dir: filepath.Join(dir, "my.library"), Version: "1", Output: t.TempDir()})
	require.ErrorIs(t, err, ErrName)
	assert.ErrorContains(t, err, "give a name")

	assert.Equal(t, "greeter", DefaultName("/x/libgreeter"))
	assert.Equal(t, "lib", DefaultName("/x/lib"))
	assert.Equal(t, "calc", DefaultName("/x/calc"))
}

func TestCompilerSpeaks(t *testing.T) {
	dir := tinyLibrary(t, abi.Version, "package main\n\nvar x int = \"text\"\n")
	var said bytes.Buffer
	out := t.TempDir()
	_, err := build(t, Options{Dir: dir, Version: "1", Output: out, Stderr: &said})
	require.ErrorIs(t, err, ErrGo)
	assert.ErrorContains(t, err, "more.go:3")
	assert.Contains(t, said.String(), "more.go:3")
	assert.Empty(t, entries(t, out))
}

func TestOtherABI(t *testing.T) {
	out := t.TempDir()
	_, err := build(t, Options{Dir: tinyLibrary(t, 99, "package main\n"), Version: "1", Output: out})
	require.ErrorIs(t, err, ErrABI)
	assert.ErrorContains(t, err, "ABI 99")
	assert.Empty(t, entries(t, out))
}

func TestHiddenFunction(t *testing.T) {
	out := t.TempDir()
	dir := tinyLibrary(t, abi.Version,
		"package main\n\n// #cgo CFLAGS: -fvisibility=hidden\nimport \"C\"\n")
	_, err := build(t, Options{Dir: dir, Version: "1", Output: out})
	require.ErrorIs(t, err, ErrHidden)
	assert.ErrorContains(t, err, "Hello")
	assert.Empty(t, entries(t, out))
}

// TestCancel cancels while the C compiler runs: CC is a program that reports that it
// has begun, and never ends by itself.
func TestCancel(t *testing.T) {
	began := filepath.Join(t.TempDir(), "began")
	cc := filepath.Join(t.TempDir(), "cc")
	require.NoError(t, os.WriteFile(cc, []byte("#!/bin/sh\necho $$ >> '"+began+"'\nexec sleep 600\n"), 0o777))
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("changed my mind")
	go func() {
		for !exists(began) && ctx.Err() == nil {
			time.Sleep(10 * time.Millisecond)
		}
		cancel(why)
	}()
	out := t.TempDir()
	_, err := Build(ctx, Options{Dir: tinyLibrary(t, abi.Version, "package main\n"), Version: "1", Output: out, Env: []string{"CC=" + cc}})
	require.ErrorIs(t, err, why)
	assert.Empty(t, entries(t, out))

	pids, err := os.ReadFile(began)
	require.NoError(t, err)
	for pid := range strings.FieldsSeq(string(pids)) {
		assert.Eventually(t, func() bool { return !exists(filepath.Join("/proc", pid, "exe")) },
			10*time.Second, 10*time.Millisecond, "compiler %s still runs", pid)
	}
}

func TestSealNeedsALibrary(t *testing.T) {
	_, err := Seal([]byte("text"), &manifest.Manifest{Name: "x", Version: "1"})
	require.ErrorIs(t, err, ErrNotLibrary)
	assert.ErrorContains(t, err, "not an ELF image")
}

// tinyLibrary is a library whose cabi is a descriptor and nothing more, so that it
// builds in a second. more is the content of one more file.
func tinyLibrary(t *testing.T, abiVersion int, more string) string {
	t.Helper()
	dir := module(t, map[string]string{
		"cabi/cabi.go": "package cabi\n\nimport \"C\"\n",
		"cabi/descriptor.c": strings.ReplaceAll(`#include <stdint.h>
			struct { char magic[8]; uint32_t abi, flags; char name[64], version[64]; }
			volatile const hotso_descriptor = {"hotso\0\0\1", ABI, 0, "", ""};`, "ABI", strconv.Itoa(abiVersion)),
		"tiny/main.go": "package main\n\nimport \"C\"\nimport _ \"github.com/hotso/hotso/cabi\"\n\n" +
			"//export Hello\nfunc Hello() int32 { return 1 }\n\nfunc main() {}\n",
		"tiny/more.go": more,
	})
	return filepath.Join(dir, "tiny")
}

func entries(t *testing.T, dir string) []string {
	t.Helper()
	list, err := os.ReadDir(dir)
	require.NoError(t, err)
	names := []string{}
	for _, e := range list {
		names = append(names, e.Name())
	}
	return names
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// What an image needs, from where, and what of it is not the system's is in the manifest.
func TestBuildRecordsWhatIsNeeded(t *testing.T) {
	if testing.Short() {
		t.Skip("other programs do the work, which need not be done twice")
	}
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip(err)
	}
	out := t.TempDir()
	shared := func(name string, flags ...string) string {
		require.NoError(t, os.MkdirAll(filepath.Join(out, name), 0o777))
		file := filepath.Join(out, name, "lib"+name+".so")
		args := append([]string{"-shared", "-Wl,--no-as-needed", "-o", file, "-L" + filepath.Dir(file), "-Wl,-soname,lib" + name + ".so", "-x", "c", "/dev/null", "-x", "none"}, flags...)
		said, err := exec.Command("gcc", args...).CombinedOutput()
		require.NoError(t, err, "%s", said)
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		sum := sha256.Sum256(content)
		return hex.EncodeToString(sum[:])
	}
	second := shared("second")
	first := shared("first", "-L"+filepath.Join(out, "second"), "-lsecond", "-Wl,-rpath,$ORIGIN/../second")
	r, err := build(t, Options{Dir: tinyLibrary(t, abi.Version, "package main\n"), Version: "1", Output: out,
		LDFlags: "-extldflags '-Wl,--no-as-needed -L" + filepath.Join(out, "first") + " -lfirst -Wl,-rpath,$ORIGIN/first'"})
	require.NoError(t, err)
	assert.Contains(t, r.Manifest.Needed, "libfirst.so")
	assert.Contains(t, r.Manifest.Needed, "libc.so.6")
	assert.Equal(t, "$ORIGIN/first", r.Manifest.RunPath)
	assert.Equal(t, []manifest.Library{{Name: "libfirst.so", SHA256: first}, {Name: "libsecond.so", SHA256: second}}, r.Manifest.Libraries)
}
