package host_test

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
	"github.com/hotso/hotso/host/internal/proc"
)

// A library that prints when nobody reads the host's output any more gets EPIPE; it is not
// ended for that.
func TestOutputWithoutReader(t *testing.T) {
	needUnload(t)
	out := child(t, "output", libtest.Build(t, "busy", "1"))
	assert.Contains(t, out, "--- PASS")
}

// printWithoutReader is the other process.
func printWithoutReader(t *testing.T, path string) {
	lib := must(host.Open(bg, path))(t)
	before := must(unix.FcntlInt(1, unix.F_DUPFD_CLOEXEC, 3))(t)
	r, w := pipe(t)
	require.NoError(t, r.Close())
	require.NoError(t, unix.Dup3(int(w.Fd()), 1, 0))
	_, err := lib.Call(bg, "Print")
	require.NoError(t, unix.Dup3(before, 1, 0))
	require.NoError(t, unix.Close(before))
	require.ErrorIs(t, err, host.ErrCall)
	require.ErrorContains(t, err, "broken pipe")
	requireNothingLeft(t)(lib.Close(bg))
}

// A thread that was ejected, whatever it was doing, has the signal mask and the
// signal stack that it had before. This holds for the process's first thread, which
// lives as long as the host, as well as for others.
func TestCrashLeavesSignalsAsTheyWere(t *testing.T) {
	needUnload(t)
	out := child(t, "signals")
	assert.Contains(t, out, "threads looked at")
}

func crashUnderSignals(t *testing.T) {
	require.NoError(t, pprof.StartCPUProfile(io.Discard)) // for SIGPROF
	defer pprof.StopCPUProfile()
	slot := newSlot(t, "crash", []string{libtest.Build(t, "crash", "1")}, forever(t)...)
	v := newVictim(t, slot)
	busy := must(host.Func1[int64, host.None](slot, "Busy"))(t)

	var looked, over atomic.Int64
	caller := func(kind int64) {
		mask, stack := signalMask(t, "thread-self"), signalStack(t)
		for over.Load() == 0 {
			_, err := busy(bg, kind)
			assert.ErrorIs(t, err, host.ErrCrashed)
			assert.Equal(t, mask, signalMask(t, "thread-self"), "kind %d", kind)
			assert.Equal(t, stack, signalStack(t), "kind %d", kind)
			looked.Add(1)
			kind++
		}
	}
	const callers = 4
	var all sync.WaitGroup
	all.Add(1)
	onMainThread <- func() { defer all.Done(); caller(0) }
	for kind := range int64(callers - 1) {
		all.Go(func() {
			runtime.LockOSThread() // and not unlocked: a new thread is bound, an old one ends
			caller(kind + 1)
		})
	}
	for i, kinds := 0, []string{"panic", "exit", "unlock", "nil", "overflow", "goroutine"}; i < 5*len(kinds); i++ {
		require.Eventually(t, func() bool { return v.inside() == callers }, patience, poll)
		crashed(t, v.crash(kinds[i%len(kinds)]), "1")
	}
	over.Store(1)
	out := make(chan struct{})
	go func() { all.Wait(); close(out) }()
	for waiting := true; waiting; { // a caller that was about to enter when the others were freed is inside by now
		_ = v.crash("exit")
		select {
		case <-out:
			waiting = false
		case <-time.After(10 * time.Millisecond):
		}
	}
	// Threads that begin or end block all signals for a moment.
	assert.EventuallyWithT(t, func(c *assert.CollectT) {
		for _, id := range must(proc.Threads())(t) {
			if mask, err := signalMaskOf(fmt.Sprintf("self/task/%d", id)); err == nil {
				assert.Zero(c, mask&(1<<(unix.SIGURG-1)|1<<(unix.SIGPROF-1)), "thread %d", id)
			}
		}
	}, patience, poll)
	t.Log("threads looked at:", looked.Load())
}

// signalMask is the set of signals that a thread blocks, one bit for each.
func signalMask(t *testing.T, thread string) uint64 {
	t.Helper()
	return must(signalMaskOf(thread))(t)
}

func signalMaskOf(thread string) (mask uint64, err error) {
	status, err := os.ReadFile("/proc/" + thread + "/status")
	if err != nil {
		return 0, err
	}
	_, blocked, _ := strings.Cut(string(status), "\nSigBlk:")
	_, err = fmt.Sscanf(blocked, "%x", &mask)
	return mask, err
}

// A stack is the kernel's stack_t.
type stack struct {
	sp    uintptr
	flags int32
	size  uintptr
}

// signalStack is where this thread takes its signals.
func signalStack(t *testing.T) (s stack) {
	t.Helper()
	_, _, errno := unix.RawSyscall(unix.SYS_SIGALTSTACK, 0, uintptr(unsafe.Pointer(&s)), 0)
	require.Zero(t, errno)
	return s
}
