package host_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libbuild"
	"github.com/hotso/hotso/host/internal/libtest"
)

// The tests run in a directory with what the examples load, in build/. Every
// library is truly unloaded: nothing may be left.
func TestMain(m *testing.M) {
	dir, err := exampleDir()
	switch {
	case errors.Is(err, libbuild.ErrNoCompiler):
		fmt.Fprintln(os.Stderr, "host: all tests are skipped:", err)
		os.Exit(0)
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	host.OnIllegal(func(step string) { panic("a step that the table of states does not have: " + step) })
	// What the first load opens until the process ends is opened before anything is
	// counted: the TLS carrier and the eventfd for crashes.
	opts := []libtest.MainOption{libtest.Check(func() error { return os.RemoveAll(dir) }),
		// The C++ library and what it needs, for symbols that are unique in the process, and what starts
		// threads of its own.
		libtest.Allow("/libstdc++.so", "/libm.so", "/libgomp.so", "/libcrossing-shared.so"),
		// A runtime has this open for microseconds when it begins (getHugePageSize in runtime/os_linux.go), by a
		// system call that the shim does not see. A load that is given up just then leaves it: docs/limits.md.
		libtest.Allow("/hpage_pmd_size")}
	if why := host.WhyResident(); why != "" {
		fmt.Fprintln(os.Stderr, "host: tests of unloads and crashes are skipped:", why)
		opts = append(opts, libtest.AllowResident())
	} else if err := host.OpenPermanent(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if os.Getenv(stepLeftOut) != "" {
		opts = append(opts, libtest.Grace(0))
	}
	run := func() { libtest.Main(m, opts...) }
	if os.Getenv(childRole) != "signals" {
		run()
	}
	go run() // to the end of the process
	for f := range onMainThread {
		f()
	}
}

// childRole is the environment variable that says what a child process is for.
const childRole = "HOTSO_TEST_CHILD"

// onMainThread takes functions that are to run on the process's first thread, in that
// child only.
var onMainThread = make(chan func())

func init() {
	if os.Getenv(childRole) == "signals" {
		runtime.LockOSThread()
	}
}

// exampleDir makes that directory and goes there.
func exampleDir() (string, error) {
	dir, err := os.MkdirTemp("", "hotso-host-")
	if err != nil {
		return "", err
	}
	build := filepath.Join(dir, "build")
	err = os.Mkdir(build, 0o755)
	for _, version := range []string{"1", "2"} {
		if err == nil {
			_, err = libtest.GreeterIn(build, version)
		}
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(build, "nonsense.so"), []byte("not a library"), 0o644)
	}
	return dir, errors.Join(err, os.Chdir(dir))
}
