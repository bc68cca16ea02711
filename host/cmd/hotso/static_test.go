package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/cmd/hotso/internal/doctor"
	"github.com/hotso/hotso/host/internal/libtest"
)

// A host that is linked statically says that it can't load libraries, as doctor does; its dlopen would end it.
func TestStaticallyLinked(t *testing.T) {
	plainOnly(t)
	if runtime.GOOS != "linux" {
		t.Skip("it is about glibc")
	}
	library := libtest.Greeter(t, "1") // skips without a C compiler
	program := filepath.Join(t.TempDir(), "hotso")
	build := exec.Command("go", "build", "-ldflags=-linkmode external -extldflags -static", "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=1")
	if out, err := build.CombinedOutput(); err != nil {
		t.Skipf("no static C library: %s", out)
	}
	out, err := exec.Command(program, "call", library, "Greet").CombinedOutput()
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	assert.Equal(t, 1, exit.ExitCode())
	assert.Contains(t, string(out), "load: load failed: unsupported operation: the C library of this process is statically linked")

	examines := doctorIn(t.TempDir(), nil)
	examines.Path = program
	finds(t, examines, "C library", doctor.Bad, "statically linked", "run hosts where glibc is")
}
