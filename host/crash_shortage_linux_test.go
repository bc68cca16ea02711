package host_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// A crash when no descriptor is free is dealt with like any other: the callers come back,
// and the slot serves again when there are some.
func TestCrashWithoutDescriptors(t *testing.T) {
	needUnload(t)
	out := child(t, "descriptors", libtest.Build(t, "crash", "1"), libtest.Build(t, "crash", "2"))
	assert.Contains(t, out, "the host goes on")
}

// crashWithoutDescriptors is the other process.
func crashWithoutDescriptors(t *testing.T, paths ...string) {
	var events journal
	slot := newSlot(t, "crash", paths, events.option())
	v := newVictim(t, slot)
	var limit unix.Rlimit
	require.NoError(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &limit))
	none := limit
	none.Cur = 0 // what is open stays open
	wait := v.within(4, v.sleep)
	require.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &none))
	crashed(t, v.crash("goroutine"), "2")
	wait()
	require.Eventually(t, func() bool { return events.tells("fallback: ") }, patience, poll)
	_, err := slot.Call(bg, "Add", int32(1), int32(2))
	assert.ErrorIs(t, err, host.ErrCrashed)
	require.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &limit))
	require.Eventually(t, func() bool { return v.add() == nil }, patience, poll)
	assert.Equal(t, "1", slot.Current().Version(), "the version before, not the one that crashed")
	t.Log("the host goes on")
}

// A runtime that dies while it starts, for want of descriptors, is an error of the load,
// and no wait; the version that serves serves on.
func TestStartAtALimit(t *testing.T) {
	needUnload(t)
	out := child(t, "start", libtest.Build(t, "crash", "1"), libtest.Build(t, "crash", "2"))
	assert.Contains(t, out, "the host goes on")
}

// startAtALimit is the other process.
func startAtALimit(t *testing.T, paths ...string) {
	slot := newSlot(t, "crash", paths[:1], host.StartTimeout(patience))
	v := newVictim(t, slot)
	limit := unix.Rlimit{Cur: 256}
	var was unix.Rlimit
	require.NoError(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &was))
	limit.Max = was.Max
	require.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &limit))
	var taken []int // all that are free
	for {
		fd, err := unix.FcntlInt(2, unix.F_DUPFD_CLOEXEC, 3)
		if err != nil {
			break
		}
		taken = append(taken, fd)
	}
	failed := 0
	for ; ; failed++ {
		begin := time.Now()
		_, err := slot.Swap(bg, paths[1])
		require.Less(t, time.Since(begin), patience, "it was waited for")
		require.NoError(t, v.add())
		if err == nil {
			break
		}
		require.True(t, errors.Is(err, host.ErrLoad) || errors.Is(err, host.ErrNotFound) || errors.Is(err, host.ErrStart), "%v", err)
		require.NotEmpty(t, taken)
		require.NoError(t, unix.Close(taken[0]))
		taken = taken[1:]
	}
	assert.GreaterOrEqual(t, failed, 2, "for the file, and for the copy")
	for _, fd := range taken {
		require.NoError(t, unix.Close(fd))
	}
	t.Log("the host goes on, after ", failed, " loads that failed")
}
