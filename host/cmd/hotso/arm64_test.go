//go:build linux && !race

package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/hosttest/drill"
	"github.com/hotso/hotso/host/hosttest/soak"
)

// TestARM64 runs the command on arm64: calls, reloads, a crash of each kind, and unloads under threads of C code, under
// emulation unless this machine is one.
func TestARM64(t *testing.T) {
	plainOnly(t)
	const compiler = "aarch64-linux-gnu-gcc"
	emulator := "qemu-aarch64"
	if _, err := exec.LookPath(emulator); err != nil {
		emulator = "qemu-aarch64-static" // Debian's qemu-user-static
	}
	for _, program := range []string{emulator, compiler} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed (Debian: qemu-user, gcc-aarch64-linux-gnu)", program)
		}
	}
	dir := t.TempDir()
	build := func(args ...string) {
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Env = append(os.Environ(), "GOARCH=arm64", "CC="+compiler)
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	hotso := func(args ...string) *exec.Cmd {
		cmd := exec.Command(emulator, append([]string{filepath.Join(dir, "hotso")}, args...)...)
		cmd.Env = append(os.Environ(), "QEMU_LD_PREFIX=/usr/aarch64-linux-gnu")
		return cmd
	}
	run := func(result any, args ...string) {
		out, err := hotso(args...).Output() // errors have the libraries' last words
		if err != nil && len(out) == 0 {
			t.Fatalf("hotso %v: %v", args, err)
		}
		require.NoError(t, json.Unmarshal(out, result), "hotso %v: %s", args, out)
	}
	build("env", "CGO_ENABLED=0", "go", "build", "-o", filepath.Join(dir, "hotso"), ".")
	build("hotso", "build", "../../../libgreeter", "--version", "1", "-o", dir)
	library := filepath.Join(dir, "libgreeter.v1.so")

	var answer struct{ Result string }
	run(&answer, "call", library, "GreetName", "Ada", "--json")
	assert.Equal(t, "Hello, Ada!", answer.Result)

	var reloads soak.Result
	run(&reloads, "soak", library, "--call", "Add 1 2", "--reloads", "20", "--traffic", "2", "--json")
	assert.Equal(t, 20, reloads.Reloads)
	assert.Positive(t, reloads.Calls)
	assert.Zero(t, reloads.Failed, reloads.Failure)
	// Memory is not checked: the emulator keeps the code that it has translated, and has a mapping more or less for it.
	start, end := reloads.Start, reloads.End
	assert.Zero(t, end.Foreign()-start.Foreign(), "threads")
	assert.Zero(t, end.Descriptors-start.Descriptors, "descriptors")
	assert.Less(t, end.Mappings-start.Mappings, (end.Reload-start.Reload)/2, "mappings")

	var crashes drill.Result
	run(&crashes, "crash", library, "--kind", "all", "--times", "13", "--json")
	assert.Empty(t, crashes.Failures)
	assert.Empty(t, crashes.Leaks)

	// Threads of C code in waits that may be left, and in the library's own code, are ended. What is called starts eight of
	// them and returns; an unload that can't end one fails.
	build("hotso", "build", "../../../testdata/libs/cthreads", "--version", "1", "-o", dir)
	for _, wait := range []string{"nanosleep", "cond", "mutex", "sem", "join", "poll", "ppoll", "epoll", "read", "accept", "sigwait", "c11"} {
		out, err := hotso("call", filepath.Join(dir, "libcthreads.v1.so"), "Start", wait).CombinedOutput()
		assert.NoError(t, err, "%s: %s", wait, out)
	}

	// Faults of C code, here in libc, end the version and not the host: on threads of the host's, and of C code's. So do
	// mistakes that libc would find.
	build("hotso", "build", "../../../testdata/libs/cexits", "--version", "1", "-o", dir)
	for _, c := range [][2]string{
		{"End", "strlen"}, {"EndBeside", "strlen"}, {"EndAfterGo", "strlen"}, {"EndBeside", "recursion"},
		{"End", "free twice"}, {"End", "free twice, large"}, {"End", "overflow of strcpy"},
	} {
		out, err := hotso("call", filepath.Join(dir, "libcexits.v1.so"), c[0], c[1]).CombinedOutput()
		assert.Error(t, err, c)
		assert.Contains(t, string(out), "cexits v1 crashed", c)
	}
}
