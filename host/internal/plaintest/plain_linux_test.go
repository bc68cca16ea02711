//go:build amd64 || arm64

package plaintest

import (
	"context"
	"math"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// limit ends a program that hangs; none takes a tenth of it.
const limit = 2 * time.Minute

func TestFork(t *testing.T) { expectOK(t, program(t, "fork"), library(t)) }

// A timeout of hotso_start is also one for the runtime and the init functions.
func TestStartInTime(t *testing.T) {
	t.Setenv("PLAIN_INIT", "hang")
	expectOK(t, program(t, "start"), library(t))
}

func TestSignals(t *testing.T) { expectOK(t, program(t, "signals"), library(t)) }

// multiprocessing of Python forks, or starts a new program, as it is told.
func TestForkInPython(t *testing.T) {
	expectOK(t, interpreter(t, "python3"), script(t, "fork.py"), libtest.Greeter(t, "1"))
}

// Perl's handlers take the thread that they run on for the interpreter's.
func TestSignalsInPerl(t *testing.T) {
	perl := interpreter(t, "perl")
	if out, err := exec.Command(perl, "-e", "use FFI::Platypus 2.00").CombinedOutput(); err != nil {
		t.Skipf("no FFI::Platypus 2.00: %s", out)
	}
	expectOK(t, perl, script(t, "signals.pl"), library(t))
}

// What the runtime's threads block, children of the library need not.
func TestSpawn(t *testing.T) { expectOK(t, program(t, "children"), library(t)) }

// Two Go runtimes share the signals of a process, and which of them interrupts loops: the newer one. How
// long the older one waits is printed, as docs/other-languages.md has it.
func TestTwoLibraries(t *testing.T) {
	second := libtest.Build(t, "plain", "2")
	t.Log(expectOK(t, program(t, "two"), library(t), second))
}

// Each call of a fiber, and of koffi's in Node, comes on a stack that is not the thread's. Go's runtime then asks for that
// of the thread, by x_cgo_getstackbound, and glibc reads /proc/self/maps for the answer.
func TestBoundsOfTheFirstStack(t *testing.T) {
	expectOK(t, program(t, "bounds", "-rdynamic"), library(t))
}

// A hotso host gives each its signals.
func TestTwoLibrariesOfAHost(t *testing.T) {
	const loop = 2000 // milliseconds
	var functions []func(context.Context, int64) (int64, error)
	for _, version := range []string{"1", "2"} {
		slot := host.NewSlot("plain")
		defer slot.Close(context.Background())
		_, err := slot.Swap(t.Context(), libtest.Build(t, "plain", version))
		require.NoError(t, err)
		collect, err := host.Func1[int64, int64](slot, "CollectBesideLoop")
		require.NoError(t, err)
		functions = append(functions, collect)
	}
	for i, collect := range functions {
		fastest := int64(math.MaxInt64)
		for range 5 {
			ns, err := collect(t.Context(), loop)
			require.NoError(t, err)
			fastest = min(fastest, ns)
		}
		t.Logf("library %d: %.1f ms", i+1, float64(fastest)/1e6)
		assert.Less(t, fastest, int64(loop)*1e6/2, "library %d interrupts the loop", i+1)
	}
}

func TestStacks(t *testing.T) { expectOK(t, program(t, "stacks"), library(t)) }

func TestThreads(t *testing.T) { expectOK(t, program(t, "threads"), library(t)) }

func TestHandlers(t *testing.T) { expectOK(t, program(t, "handlers"), library(t)) }

func TestFaulthandlerOfPython(t *testing.T) {
	expectOK(t, interpreter(t, "python3"), script(t, "faulthandler.py"), library(t))
}

func TestNamespaceOfTheLinker(t *testing.T) { expectOK(t, program(t, "places"), library(t), "dlmopen") }

// 2 GiB are enough on two processors; threads of the C library reserve more where there are more.
func TestLittleAddressSpace(t *testing.T) {
	expectOK(t, program(t, "places"), library(t), "limit", "8192")
}

func TestChrootWithoutProc(t *testing.T) {
	places, plain := program(t, "places"), library(t)
	out, err := exec.Command(places, "/"+filepath.Base(plain), "chroot", filepath.Dir(plain)).CombinedOutput()
	if why, skipped := strings.CutPrefix(string(out), "skipped: "); skipped {
		t.Skip(why)
	}
	require.NoError(t, err, "%s", out)
	expectLines(t, string(out))
}

// other skips a test with -short: other programs do the work, which need not be done twice.
func other(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("other programs do the work, which need not be done twice")
	}
}

func interpreter(t *testing.T, name string) string {
	t.Helper()
	other(t)
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("no %s on this machine: %v", name, err)
	}
	return path
}

// script is the path of a file of testdata; go test sees that the result depends on it.
func script(t *testing.T, name string) string {
	path := filepath.Join("testdata", name)
	require.FileExists(t, path)
	return path
}

func library(t *testing.T) string { return libtest.Build(t, "plain", "1") }

// program compiles testdata/NAME.c.
func program(t *testing.T, name string, flags ...string) string {
	t.Helper()
	other(t)
	cc, err := exec.LookPath("cc")
	if err != nil {
		t.Skip("no C compiler: ", err)
	}
	root, err := libtest.Root()
	require.NoError(t, err)
	source := script(t, name+".c")
	script(t, "host.h")
	out := filepath.Join(t.TempDir(), name)
	args := append([]string{"-std=gnu11", "-D_GNU_SOURCE", "-O1", "-Wall", "-Wextra", "-Werror", "-pthread", "-I" + filepath.Join(root, "include"),
		"-I" + filepath.Join(root, "testdata/libs/plain/include"), "-o", out, source, "-ldl"}, flags...)
	output, err := exec.Command(cc, args...).CombinedOutput()
	require.NoError(t, err, "%s", output)
	return out
}

// expectOK runs a program that says of all that it tries that it went well. It returns what the program
// has written to stderr.
func expectOK(t *testing.T, command ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	var out, errs strings.Builder
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	require.NoError(t, cmd.Run(), "%s%s", &out, &errs)
	expectLines(t, out.String())
	return errs.String()
}

// expectLines wants each line but the last, which is "end", to end in ": ok".
func expectLines(t *testing.T, out string) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(out), "\n")
	for _, line := range lines[:len(lines)-1] {
		assert.True(t, strings.HasSuffix(line, ": ok"), line)
	}
	assert.Equal(t, "end", lines[len(lines)-1])
}
