package cabi

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// compilers are those that people build libraries with. Whichever are installed are
// tried.
var compilers = strings.Fields("gcc clang gcc-11 gcc-13 gcc-14 gcc-15 gcc-16 clang-16 clang-19 clang-21 aarch64-linux-gnu-gcc")

// installed returns those that are on this machine, and prints which are not.
func installed(t *testing.T) (list []string) {
	var missing []string
	for _, cc := range compilers {
		if _, err := exec.LookPath(cc); err != nil {
			missing = append(missing, cc)
		} else {
			list = append(list, cc)
		}
	}
	if len(missing) > 0 {
		fmt.Fprintf(os.Stderr, "%s: not installed, so not tried: %s\n", t.Name(), strings.Join(missing, " "))
	}
	if len(list) == 0 {
		t.Skip("no C compiler")
	}
	return list
}

// No compiler warns about the shim: people who build a library could not fix what it
// warns about, and would see it in every build.
func TestShimHasNoWarnings(t *testing.T) {
	if testing.Short() {
		t.Skip("other programs do the work, which need not be done twice")
	}
	var files []string
	for _, pattern := range []string{"*.c", "*.S"} {
		found, err := filepath.Glob(pattern)
		require.NoError(t, err)
		files = append(files, found...)
	}
	require.NotEmpty(t, files)
	for _, cc := range installed(t) {
		arm := strings.HasPrefix(cc, "aarch64")
		for _, f := range files {
			if strings.HasSuffix(f, "_arm64.S") != arm && strings.HasSuffix(f, ".S") {
				continue
			}
			out, err := exec.Command(cc, "-c", "-o", filepath.Join(t.TempDir(), "out.o"), "-I../include", "-fvisibility=hidden",
				"-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter", f).CombinedOutput()
			assert.NoError(t, err, "%s %s: %s", cc, f, out)
		}
	}
}

// A library can be built with link-time optimization, which drops symbols that only
// assembly refers to unless they are marked as used.
func TestLinkTimeOptimization(t *testing.T) {
	if testing.Short() {
		t.Skip("other programs do the work, which need not be done twice")
	}
	if testing.Short() {
		t.Skip("it builds a library")
	}
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("no gcc")
	}
	cmd := exec.Command("go", "build", "-buildmode=c-shared", "-trimpath", "-o", filepath.Join(t.TempDir(), "lib.so"), "../libgreeter")
	cmd.Env = append(os.Environ(), "CC=gcc", "CGO_ENABLED=1", "CGO_CFLAGS=-O2 -flto", "CGO_LDFLAGS=-O2 -flto")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
}
