package host_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libbuild"
	"github.com/hotso/hotso/host/internal/libtest"
	"github.com/hotso/hotso/host/internal/proc"
)

// Every step of an unload is left out once, and what that leaves behind must be
// detected and named. A process with a missing step is not fit for other
// tests, so each has one of its own.
func TestEveryStepIsNeeded(t *testing.T) {
	needUnload(t)
	for step, want := range map[string]string{
		// of the shim, see shim.h
		"WRAP_THREAD": "escapes the unload shim",
		"KILL":        "quarantined: ",
		"JOIN":        "threads: its stack and its exit code are still there",
		"WRAP_MEMORY": "escapes the unload shim",
		"UNMAP":       "mappings: munmap failed",
		"KEYS":        "keys: pthread_key_delete failed",
		"KEY_STUB":    "it does not make its pthread key through pthread_key_create",
		"SIGNALS":     "it does not set its signal handlers through sigaction",
		"ADOPT":       "SIGSEGV", // the thread runs with the g of a library that is gone
		"FILES":       "/file is left",
		"TIMERS":      "timers: timer_delete failed",
		// of the host
		"files": "descriptors: close failed",
		"image": "1 image: the dynamic linker keeps it",
		"slots": "1 tls slots: it is kept",
		// and with all of them
		"none": "nothing is left",
	} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(os.Args[0], "-test.run=^TestWithoutAStep$", "-test.v")
			cmd.Env = append(cmd.Environ(), stepLeftOut+"="+step, "TMPDIR="+t.TempDir()) // some die
			cmd.Dir = packageDir
			out, err := cmd.CombinedOutput()
			if step == "JOIN" && !bytes.Contains(out, []byte(want)) {
				// A thread was in its last instructions when they were unmapped.
				want = "signal: segmentation fault"
				out = fmt.Append(out, err)
			}
			assert.Contains(t, string(out), want)
			if step != "none" {
				assert.NotContains(t, string(out), "nothing is left")
			}
		})
	}
}

// packageDir is where go test starts a test binary; TestMain goes elsewhere.
var packageDir, _ = os.Getwd()

// stepLeftOut is the environment variable that says what a process leaves out.
const stepLeftOut = "HOTSO_TEST_STEP"

// notLeftOut is STEP of shim.h, which asks the environment: so one library does for all steps. Headers can't be
// included by a flag, which assembly files are compiled with, too.
const notLeftOut = `({ extern char *getenv(const char *); __builtin_strcmp(getenv("` + stepLeftOut + `"), #name) != 0; })`

// TestWithoutAStep is the other process.
func TestWithoutAStep(t *testing.T) {
	step := os.Getenv(stepLeftOut)
	if step == "" {
		t.Skip("TestEveryStepIsNeeded runs it")
	}
	var opts []libtest.Option
	if step[0] < 'a' {
		opts = append(opts, func(o *libbuild.Options) {
			o.Env = append(o.Env, "CGO_CFLAGS=-g -O2 '-DSTEP(name)="+notLeftOut+"'")
		})
	}
	host.Omit(step)
	name := "native"
	if step == "TIMERS" {
		name = "cthreads"
	}
	path := libtest.Build(t, name, "1", opts...)
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	before, err := proc.Descriptors()
	require.NoError(t, err)

	loads := 20
	if step == "ADOPT" {
		runtime.LockOSThread() // comes back to a TLS slot that it was in before
		loads += abi.MaxSlots
	}
	for range loads {
		lib, err := host.Open(t.Context(), path)
		require.NoError(t, err)
		if name == "native" {
			callLib(t, lib, "KeepFile", file)
			callLib(t, lib, "Local")
		} else {
			callLib(t, lib, "Start", "quiet timer")
		}
		r, err := lib.Close(t.Context())
		if err != nil {
			t.Fatalf("%s: %s: %v", r.State, r.Reason, err)
		}
	}
	after, err := proc.Descriptors()
	require.NoError(t, err)
	for fd, link := range after {
		if before[fd] != link && !permanent(link) {
			t.Fatalf("descriptor %d -> %s is left", fd, link)
		}
	}
	fmt.Println("nothing is left")
}
