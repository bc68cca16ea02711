package host_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/dl"
	"github.com/hotso/hotso/host/internal/libtest"
	"github.com/hotso/hotso/host/internal/proc"
)

// Each version has copies of its own of libgomp and libstdc++, whose threads and memory are the library's. In processes
// of their own: in that of the other tests the C++ library is there already, and stays shared.
func TestOwnCopies(t *testing.T) {
	plainOnly(t)
	needUnload(t)
	for _, name := range []string{"teams", "teams at work", "fault in a team", "fault in libgomp", "throw in a team", "in the process", "given up"} {
		t.Run("openmp "+name, func(t *testing.T) {
			if out, err := exec.Command("gcc", "-fopenmp", "-E", "-include", "omp.h", "-x", "c", "/dev/null").CombinedOutput(); err != nil {
				t.Skipf("no OpenMP: %v\n%s", err, out)
			}
			child(t, "own", name, libtest.Build(t, "openmp", "1"))
		})
	}
	t.Run("openmp interposed", func(t *testing.T) {
		path := libtest.Build(t, "openmp", "1")
		program := filepath.Join(t.TempDir(), "libprogram.so")
		cmd := exec.Command("gcc", "-shared", "-o", program, "-x", "c", "-")
		cmd.Stdin = strings.NewReader("#include <stdlib.h>\nint hotso_wrap_pthread_create(void) { abort(); }")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		childOf(t, exec.Command("env", "LD_PRELOAD="+program, os.Args[0]), "own", "interposed", path)
	})
	for _, name := range []string{"threads", "terminate"} {
		t.Run("libstdc++ "+name, func(t *testing.T) {
			needCplusplus(t)
			child(t, "own", name, libtest.Build(t, "cplus", "1", libtest.SharedRuntimes))
		})
	}
}

func ownCopies(t *testing.T, kind, path string) {
	switch kind {
	case "teams":
		versions := 0
		overlap(t, path, 20, func(lib *host.Library) {
			require.EqualValues(t, 4, callLib(t, lib, "Team"))
			require.EqualValues(t, 4950, callLib(t, lib, "Sum", int32(100)))
			if versions++; versions > 1 { // the one before is still there
				require.NotEmpty(t, must(proc.Maps("hotso:openmp.v1:libgomp.so.1"))(t), "both have its code in memory")
			}
		})
	case "teams at work":
		overlap(t, path, 20, func(lib *host.Library) {
			callLib(t, lib, "Begin")
			eventually(t, func() bool { return callLib(t, lib, "Begun").(int32) == 1 }, "the teams are at work")
			require.EqualValues(t, 4, callLib(t, lib, "Team"))
		})
	case "fault in a team", "fault in libgomp", "throw in a team":
		for range 3 {
			lib := must(host.Open(bg, path))(t)
			callLib(t, lib, "Begin")
			eventually(t, func() bool { return callLib(t, lib, "Begun").(int32) == 1 }, "the teams are at work")
			var err error
			switch kind {
			case "throw in a team":
				err = drill(t, lib, "throw")
			case "fault in libgomp":
				_, err = lib.Call(bg, "Fault", int32(1))
			default:
				_, err = lib.Call(bg, "Fault", int32(0))
			}
			require.ErrorIs(t, err, host.ErrCrashed)
			requireNothingLeft(t)(lib.Close(bg))
		}
	case "given up":
		requireNothingLeft(t)(must(host.Open(bg, path))(t).Close(bg))
		before := holdings(t)
		for i := range 100 {
			ctx, cancel := context.WithTimeout(bg, time.Duration(i)*200*time.Microsecond)
			lib, err := host.Open(ctx, path)
			cancel()
			if err == nil {
				requireNothingLeft(t)(lib.Close(bg))
			}
		}
		assert.Eventually(t, func() bool { return len(holdings(t)) <= len(before) }, patience, poll)
		overlap(t, path, 2, func(lib *host.Library) { require.EqualValues(t, 4, callLib(t, lib, "Team")) }) // copies, too
	case "in the process":
		sharedWithTheProgram(t, path)
		return
	case "interposed":
		interposedByTheProgram(t, path)
		return
	case "threads":
		overlap(t, path, 20, func(lib *host.Library) {
			require.EqualValues(t, 4, callLib(t, lib, "Threads", int32(100)))
			require.EqualValues(t, 2, callLib(t, lib, "StartThreads", int32(2)))
		})
	case "terminate":
		for range 3 {
			lib := must(host.Open(bg, path))(t)
			_, err := lib.Call(bg, "Terminate")
			require.ErrorIs(t, err, host.ErrCrashed)
			requireNothingLeft(t)(lib.Close(bg))
		}
	}
	for _, object := range []string{"libgomp", "libstdc++"} {
		assert.Empty(t, must(proc.Maps(object))(t), "the process has it")
	}
}

// What the process has already, the library shares with it, as before.
func sharedWithTheProgram(t *testing.T, path string) {
	h := must(dl.Open("libgomp.so.1"))(t)
	defer h.Close()
	lib := must(host.Open(bg, path))(t)
	require.EqualValues(t, 4950, callLib(t, lib, "Sum", int32(100)))
	r, err := lib.Close(bg)
	requireNothingLeft(t)(r, err)
	assert.Equal(t, 1, r.Resource(host.Image).Found, "only its own")
	assert.Contains(t, r.NotCounted, "libgomp.so.1: threads, descriptors")
}

// Where the program has wrappers of its own, as if a library was linked with it, copies would call these.
func interposedByTheProgram(t *testing.T, path string) {
	lib := must(host.Open(bg, path))(t)
	require.EqualValues(t, 4950, callLib(t, lib, "Sum", int32(100)))
	r, _ := lib.Close(bg) // libgomp's threads may have the library on their stacks
	assert.Contains(t, r.NotCounted, "libgomp.so.1: threads, descriptors")
}
