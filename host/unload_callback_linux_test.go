package host_test

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// A thread of the library's is in the host's code when the library is unloaded,
// and gets signals there which the library's handler sees first. It is not ended
// from within that handler, around the host's code.
func TestUnloadWhileAThreadIsCalledBackAndSignaled(t *testing.T) {
	needUnload(t)
	path := libtest.Build(t, "crash", "1")
	for range 10 {
		lib := must(host.Open(bg, path))(t)
		beside := must(host.Func1[uint64, host.None](lib, "CallbackBeside"))(t)
		var thread atomic.Int64
		var leave, left, over atomic.Bool
		_, err := beside(bg, callback(func() {
			thread.Store(int64(unix.Gettid()))
			for !leave.Load() {
				runtime.Gosched() // others must get on, on one processor too
			}
			left.Store(true)
		}))
		require.NoError(t, err)
		require.Eventually(t, func() bool { return thread.Load() != 0 }, patience, poll)
		storm := make(chan struct{})
		go func() {
			defer close(storm)
			for !over.Load() {
				_ = unix.Tgkill(unix.Getpid(), int(thread.Load()), unix.SIGURG)
			}
		}()
		go func() { time.Sleep(20 * time.Millisecond); leave.Store(true) }() // for the kill signal to come often
		report, err := lib.Close(bg)
		over.Store(true)
		over.Store(true)
		<-storm
		assert.True(t, left.Load(), "it was taken out of the host's code")
		requireNothingLeft(t)(report, err)
	}
}

// A SIGURG that arrives while the thread is outside the library, and so can't be
// handled, is sent again when the thread enters.
func TestMissedSignalComesAgain(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	lib := open(t, libtest.Build(t, "crash", "1"))
	v := newVictim(t, lib)
	require.NoError(t, v.add())
	require.NoError(t, unix.Tgkill(unix.Getpid(), unix.Gettid(), unix.SIGURG))
	assert.True(t, host.MissedSignal(lib))
	caughtUp := false
	for range 10 { // the host's runtime sends some, too, between the two
		require.NoError(t, v.add())
		caughtUp = caughtUp || !host.MissedSignal(lib)
	}
	assert.True(t, caughtUp)
}
