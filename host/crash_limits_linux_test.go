package host_test

import (
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
	"github.com/hotso/hotso/host/internal/proc"
)

// What package host says it can't contain ends the process: a fault of C code deep inside
// libc, where locks may be held, and an abort(3) of libc's own, which finds the heap damaged. Where the process has been
// damaged, going on would be worse.
// What is contained nevertheless, a wild write of Go code, and faults in the library's
// own C code and in a function that this has just called, is in TestCrashKinds: "wild", "c-segv" and "libc-segv".
func TestWhatIsNotContained(t *testing.T) {
	needUnload(t)
	path := libtest.Build(t, "crash", "1")
	for kind, want := range map[string]string{
		"printf-segv":  "SIGSEGV: segmentation violation",
		"free-damaged": "SIGABRT: abort",
	} {
		t.Run(kind, func(t *testing.T) {
			cmd := exec.Command(os.Args[0], "-test.run=^TestChild$")
			cmd.Dir = host.SourceDir
			cmd.Env = append(os.Environ(), childRole+"=crash:"+kind, "CRASH_LIBRARY="+path, "TMPDIR="+t.TempDir())
			out, err := cmd.CombinedOutput()
			var exit *exec.ExitError
			require.ErrorAs(t, err, &exit, "%s", out)
			assert.Contains(t, string(out), want)
			assert.NotContains(t, string(out), "the host lives")
		})
	}
}

// crashForGood is the other process.
func crashForGood(t *testing.T, kind string) {
	lib := must(host.Open(bg, os.Getenv("CRASH_LIBRARY")))(t)
	_ = newVictim(t, lib).crash(kind)
	t.Fatal("the host lives")
}

// Under a host that does not use hotso, a drill ends the process, as a crash of any Go
// library does. Python stands for all such programs.
func TestDrillUnderAnotherHost(t *testing.T) {
	needUnload(t)
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3")
	}
	program := `import ctypes, sys
lib = ctypes.CDLL(sys.argv[1])
lib.hotso_start(ctypes.c_int64(0))
print(lib.hotso_drill(b"none", ctypes.c_size_t(4)), flush=True)
lib.hotso_drill(b"exit", ctypes.c_size_t(4))
print("the host lives")`
	out, err := exec.Command(python, "-c", program, libtest.Build(t, "crash", "1")).CombinedOutput()
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit, "%s", out)
	assert.Equal(t, 3, exit.ExitCode())
	assert.Equal(t, "0\n", string(out))
}

// A library that exceeds a memory limit of the process ends, and frees what it had.
func TestCrashAtAMemoryLimit(t *testing.T) {
	needUnload(t)
	out := child(t, "limit", libtest.Build(t, "busy", "1"))
	assert.Contains(t, out, "the host goes on")
}

// fillToTheLimit is the other process.
func fillToTheLimit(t *testing.T, path string) {
	lib := must(host.Open(bg, path))(t)
	usage := must(proc.ReadUsage())(t)
	limit := usage.Virtual + 512<<20
	require.NoError(t, unix.Setrlimit(unix.RLIMIT_AS, &unix.Rlimit{Cur: limit, Max: limit}))
	for range 2 {
		_, err := lib.Call(bg, "Fill", int64(4096))
		require.ErrorIs(t, err, host.ErrCrashed)
		assert.ErrorContains(t, err, "out of memory")
		requireNothingLeft(t)(lib.Close(bg))
		lib = must(host.Open(bg, path))(t)
	}
	_, err := lib.Call(bg, "Fill", int64(1))
	require.NoError(t, err)
	requireNothingLeft(t)(lib.Close(bg))
	t.Log("the host goes on")
}
