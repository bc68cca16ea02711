package libtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/hotso/hotso/host/internal/libbuild"
)

// An Option changes how a library is built.
type Option func(*libbuild.Options)

// LDFlags gives flags to the Go linker, as in LDFlags("-X main.mode=panic").
func LDFlags(flags string) Option { return func(o *libbuild.Options) { o.LDFlags = flags } }

// Named builds a library under another name than its directory's.
func Named(name string) Option { return func(o *libbuild.Options) { o.Name = name } }

// SharedRuntimes builds a library with the compilers' libraries as shared objects.
func SharedRuntimes(o *libbuild.Options) { o.Shared = true }

// Build builds a library of testdata/libs, or the one in an absolute
// directory, and returns the path of a file lib<name>.v<version>.so. The file
// is the test's own, alone in a directory of its own: change or remove it.
//
// The file is sealed if it is a hotso library. A library without cabi (Go) or without a
// descriptor (C) is left as its compiler made it, under the same kind of name.
//
// A test whose library cannot be built fails. Without a C compiler it is
// skipped, and stderr says so.
func Build(t testing.TB, lib, version string, opts ...Option) string {
	t.Helper()
	dir := lib
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(moduleRoot(t), "testdata", "libs", lib)
	}
	return build(t, dir, version, opts)
}

// Greeter builds the reference library.
func Greeter(t testing.TB, version string, opts ...Option) string {
	t.Helper()
	return build(t, filepath.Join(moduleRoot(t), "libgreeter"), version, opts)
}

// GreeterIn builds the reference library into dir. It is for a TestMain, which
// has no testing.TB: examples load what it prepares.
func GreeterIn(dir, version string) (string, error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	o := options(filepath.Join(root, "libgreeter"), version, nil)
	return cached(context.Background(), root, o, dir)
}

func options(dir, version string, opts []Option) libbuild.Options {
	o := libbuild.Options{Dir: dir, Version: version}
	for _, opt := range opts {
		opt(&o)
	}
	if o.Name == "" {
		o.Name = filepath.Base(dir)
		if o.Name == "libgreeter" {
			o.Name = "greeter"
		}
	}
	return o
}

func build(t testing.TB, dir, version string, opts []Option) string {
	t.Helper()
	file, err := cached(t.Context(), moduleRoot(t), options(dir, version, opts), t.TempDir())
	if errors.Is(err, libbuild.ErrNoCompiler) {
		fmt.Fprintf(os.Stderr, "libtest: %s is skipped: %v\n", t.Name(), err)
		t.Skip(err)
	}
	if err != nil {
		t.Fatalf("libtest: build %s: %v", dir, err)
	}
	return file
}

// startDir is where go test starts a test binary: the directory of its package.
var startDir, startErr = os.Getwd()

// Root is the directory of the go.mod above the package under test.
func Root() (string, error) {
	if startErr != nil {
		return "", startErr
	}
	for dir := startDir; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("libtest: no go.mod in %s or above", startDir)
		}
	}
}

func moduleRoot(t testing.TB) string {
	t.Helper()
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	return root
}
