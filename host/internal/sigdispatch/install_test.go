//go:build linux && (amd64 || arm64)

package sigdispatch

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/sigdispatch/sigtest"
)

func TestInstallTwice(t *testing.T) {
	require.NoError(t, Install())
	require.NoError(t, Install())
	assert.Equal(t, [handledCount]int{1, 1, 1, 1, 1, 1, 1}, replaced)
	for i, sig := range handled {
		current := get(t, sig)
		assert.Equal(t, dispatchPC(0), current.handler, unix.SignalName(sig))
		assert.Equal(t, uint64(saSiginfo|saOnStack), current.flags&(saSiginfo|saOnStack))
		assert.Greater(t, originals[0][i].Load(), uintptr(sigIgn))
	}
}

// Tests that spoil a process's signals run in a process of their own.
const childEnv = "SIGDISPATCH_TEST_CHILD"

var children = []struct {
	name string
	run  func(t require.TestingT)
	dies syscall.Signal // the signal that the child must die of
}{
	{"default fault", func(t require.TestingT) { original(t, unix.SIGSEGV, 0); sigtest.Fault() }, unix.SIGSEGV},
	{"default sent", func(t require.TestingT) { original(t, unix.SIGPIPE, 0); raise(t, unix.SIGPIPE) }, unix.SIGPIPE},
	{"ignored fault", func(t require.TestingT) { original(t, unix.SIGSEGV, sigIgn); sigtest.Fault() }, unix.SIGSEGV},
	{"ignored sent", func(t require.TestingT) { original(t, unix.SIGSEGV, sigIgn); raise(t, unix.SIGSEGV) }, 0},
	{"default shared", func(t require.TestingT) { original(t, unix.SIGPROF, 0); raise(t, unix.SIGPROF) }, 0},
	{"ignored PIPE stays ignored", ignorePIPE, 0},
	{"notify after ignore", notifyAfterIgnore, 0},
	{"a handler that chains", chained, 0},
	{"too many handlers", contested, 0},
}

// What others have taken is told once.
func TestTakeBack(t *testing.T) {
	require.NoError(t, Install())
	_, err := TakeBack()
	require.NoError(t, err)
	ours := get(t, unix.SIGPROF)
	theirs := ours
	theirs.handler = originals[0][abi.HandlerPROF].Load()
	require.NoError(t, sigaction(unix.SIGPROF, &theirs, nil))
	taken, err := TakeBack()
	require.NoError(t, err)
	assert.Equal(t, []Taken{{"SIGPROF", theirs.handler}}, taken)
	assert.Equal(t, ours.handler, get(t, unix.SIGPROF).handler)
	taken, err = TakeBack()
	require.NoError(t, err)
	assert.Empty(t, taken)
}

func TestInstallOver(t *testing.T) {
	for _, child := range children {
		t.Run(child.name, func(t *testing.T) {
			exe, err := os.Executable()
			require.NoError(t, err)
			cmd := exec.Command(exe)
			// The race detector sleeps for a second at exit unless told otherwise.
			cmd.Env = append(os.Environ(), childEnv+"="+child.name, "GORACE=atexit_sleep_ms=0")
			output, err := cmd.CombinedOutput()
			if errors.Is(err, syscall.ENOEXEC) {
				t.Skip("this machine can't execute the test binary by itself: it is emulated")
			}
			if child.dies == 0 {
				require.NoError(t, err, "%s", output)
				return
			}
			var exit *exec.ExitError
			require.ErrorAs(t, err, &exit, "%s", output)
			status := exit.Sys().(syscall.WaitStatus)
			require.True(t, status.Signaled(), "%v: %s", err, output)
			assert.Equal(t, child.dies, status.Signal())
		})
	}
}

// A childTest ends the child at the first failure.
type childTest struct{}

func (childTest) Errorf(format string, args ...any) { fmt.Printf(format, args...) }
func (childTest) FailNow()                          { os.Exit(1) }

func runChild(name string) int {
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil {
		panic(err)
	}
	for _, child := range children {
		if child.name == name {
			child.run(childTest{})
			return 0
		}
	}
	return 2
}

func get(t require.TestingT, sig unix.Signal) (a action) {
	require.NoError(t, sigaction(sig, nil, &a))
	return a
}

// original installs the dispatcher over a handler.
func original(t require.TestingT, sig unix.Signal, handler uintptr) {
	require.NoError(t, sigaction(sig, &action{handler: handler}, nil))
	require.NoError(t, Install())
	require.Equal(t, dispatchPC(0), get(t, sig).handler)
	require.Equal(t, handler, originals[0][handlerIndex[sig]].Load())
}

func ignorePIPE(t require.TestingT) {
	require.NoError(t, Install())
	signal.Ignore(unix.SIGPIPE)
	require.NoError(t, Install())
	require.EqualValues(t, sigIgn, get(t, unix.SIGPIPE).handler)
	raise(t, unix.SIGPIPE)
}

// Each turn replaces the dispatcher twice, by the same two handlers.
func notifyAfterIgnore(t require.TestingT) {
	require.NoError(t, Install())
	l, release := newLibrary(t)
	defer release()
	l.enter()
	c := make(chan os.Signal, 1)
	for range 2 * generations {
		signal.Ignore(unix.SIGURG)
		require.EqualValues(t, sigIgn, get(t, unix.SIGURG).handler)
		require.NoError(t, Install())
		require.Equal(t, dispatchPC(1), get(t, unix.SIGURG).handler)
		before := sigtest.LibraryCalls(int(unix.SIGURG))
		raise(t, unix.SIGURG)
		require.Greater(t, sigtest.LibraryCalls(int(unix.SIGURG)), before)

		signal.Notify(c, unix.SIGURG)
		require.False(t, isDispatcher(get(t, unix.SIGURG).handler), "the case that this test is about")
		require.NoError(t, Install())
		require.Equal(t, dispatchPC(0), get(t, unix.SIGURG).handler)
		before = sigtest.LibraryCalls(int(unix.SIGURG))
		raise(t, unix.SIGURG)
		require.Greater(t, sigtest.LibraryCalls(int(unix.SIGURG)), before)
		require.Equal(t, unix.SIGURG, <-c)
		signal.Stop(c)
	}
	require.Equal(t, 2, replaced[abi.HandlerURG])
}

// C code replaces the dispatcher, and calls it from its own handler.
func chained(t require.TestingT) {
	require.NoError(t, Install())
	l, release := newLibrary(t)
	defer release()
	l.enter()
	c := make(chan os.Signal, 1)
	signal.Notify(c, unix.SIGPIPE)
	a := get(t, unix.SIGPIPE)
	sigtest.SetChain(a.handler)
	a.handler = sigtest.HostHandler()
	require.NoError(t, sigaction(unix.SIGPIPE, &a, nil))
	require.NoError(t, Install())
	require.Equal(t, dispatchPC(1), get(t, unix.SIGPIPE).handler)

	raise(t, unix.SIGPIPE)
	require.EqualValues(t, 1, sigtest.HostCalls(int(unix.SIGPIPE)))
	require.Equal(t, unix.SIGPIPE, <-c)
}

func contested(t require.TestingT) {
	require.NoError(t, Install())
	low, _ := sigtest.Text()
	for g := 1; g <= generations; g++ {
		a := get(t, unix.SIGPROF)
		a.handler = low + uintptr(g) // never called: nothing sends SIGPROF
		require.NoError(t, sigaction(unix.SIGPROF, &a, nil))
		err := Install()
		if g < generations {
			require.NoError(t, err)
			continue
		}
		require.ErrorIs(t, err, ErrContested)
		require.ErrorContains(t, err, "SIGPROF")
		require.Equal(t, a.handler, get(t, unix.SIGPROF).handler, "it is left alone")
	}
}
