package host_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

var ctx = context.Background()

func TestCrashKinds(t *testing.T) {
	v1, v2 := libtest.Build(t, "crash", "1"), libtest.Build(t, "crash", "2")
	for kind, want := range map[string]host.CrashKind{
		"panic": host.CrashPanic, "goroutine": host.CrashPanic, "nil": host.CrashPanic, "wild": host.CrashFatal,
		"exit": host.CrashExit, "log": host.CrashExit, "throw": host.CrashFatal, "unlock": host.CrashFatal,
		"overflow": host.CrashFatal, "memory": host.CrashFatal, "fault": host.CrashPanic,
		"traceback": host.CrashPanic, "two": "",
	} {
		t.Run(kind, func(t *testing.T) {
			slot := host.NewSlot("crash")
			_, err := slot.Swap(ctx, v1)
			require.NoError(t, err)
			_, err = slot.Swap(ctx, v2)
			require.NoError(t, err)
			crash, err := host.Func1[string, host.None](slot, "Crash")
			require.NoError(t, err)
			sleep, err := host.Func1[int64, int64](slot, "Sleep")
			require.NoError(t, err)
			add, err := host.Func2[int32, int32, int32](slot, "Add")
			require.NoError(t, err)
			inside, err := host.Func0[int64](slot, "Inside")
			require.NoError(t, err)
			var callers sync.WaitGroup
			for range 4 {
				callers.Go(func() {
					_, err := sleep(ctx, 3600_000)
					assert.ErrorIs(t, err, host.ErrCrashed)
				})
			}
			require.Eventually(t, func() bool { n, _ := inside(ctx); return n == 4 }, 5*time.Second, time.Millisecond)
			begin := time.Now()
			_, err = crash(ctx, kind)
			require.ErrorIs(t, err, host.ErrCrashed)
			var c *host.Crash
			require.ErrorAs(t, err, &c)
			t.Logf("%v after %v: %.120q", c, time.Since(begin), c.Message)
			if want != "" {
				assert.Equal(t, want, c.Kind)
			}
			callers.Wait()
			n, err := add(ctx, 20, 22)
			require.NoError(t, err)
			assert.EqualValues(t, 42, n)
			t.Logf("next answer after %v", time.Since(begin))
			assert.Equal(t, "1", slot.Current().Version())
			_, err = slot.Close(ctx)
			require.NoError(t, err)
		})
	}
}

func TestBoundedCall(t *testing.T) {
	slot := host.NewSlot("crash")
	_, err := slot.Swap(ctx, libtest.Build(t, "crash", "1"))
	require.NoError(t, err)
	sleep, err := host.Func1[int64, int64](slot, "Sleep", host.Limit(10*time.Millisecond))
	require.NoError(t, err)
	_, err = sleep(ctx, 300)
	require.ErrorIs(t, err, host.ErrHung)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	n, err := sleep(ctx, 1)
	require.NoError(t, err)
	assert.EqualValues(t, 1, n)
	wait, err := host.Func0[host.None](slot, "Wait")
	require.NoError(t, err)
	short, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
	defer cancel()
	_, err = wait(short)
	require.ErrorIs(t, err, host.ErrCall, "a library that heeds its context answers")
	_, err = slot.Close(ctx)
	require.NoError(t, err)
}

func TestHungVersionIsKilled(t *testing.T) {
	slot := host.NewSlot("crash", host.KillHung(), host.ForceUnload(), host.DrainTimeout(50*time.Millisecond))
	_, err := slot.Swap(ctx, libtest.Build(t, "crash", "1"))
	require.NoError(t, err)
	_, err = slot.Swap(ctx, libtest.Build(t, "crash", "2"))
	require.NoError(t, err)
	crash, err := host.Func1[string, host.None](slot, "Crash")
	require.NoError(t, err)
	add, err := host.Func2[int32, int32, int32](slot, "Add")
	require.NoError(t, err)
	short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	other := make(chan error)
	go func() { _, err := crash(ctx, "deadlock"); other <- err }()
	_, err = crash(short, "hang")
	require.ErrorIs(t, err, host.ErrHung)
	require.ErrorIs(t, <-other, host.ErrCrashed)
	n, err := add(ctx, 1, 2)
	require.NoError(t, err)
	assert.EqualValues(t, 3, n)
	assert.Equal(t, "1", slot.Current().Version())
	// A forced unload ends what outlives the drain timeout.
	go func() { _, err := crash(ctx, "hang"); other <- err }()
	require.Eventually(t, func() bool { return slot.Current().InFlight() == 1 }, 5*time.Second, time.Millisecond)
	_, err = slot.Close(ctx)
	require.NoError(t, err)
	require.ErrorIs(t, <-other, host.ErrCrashed)
}
