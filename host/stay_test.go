package host_test

import (
	"context"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// Every call learns of the end of its own caller's context, and of no other's: with more
// calls at a time than a processor has leases, and leases that are used again and again.
func TestStayingCallsAreTold(t *testing.T) {
	const callers, rounds = 12, 20
	slot := newSlot(t, "crash", []string{libtest.Build(t, "crash", "1")}, host.KillHung(), host.CancelGrace(patience))
	wait := must(host.Func0[host.None](slot, "Wait", host.Stay()))(t)
	lib := slot.Current()
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			for n := range rounds {
				ctx, cancel := context.WithTimeout(bg, time.Duration(1+(i+n)%9)*time.Millisecond)
				_, err := wait(ctx)
				assert.ErrorIs(t, err, context.DeadlineExceeded)
				if assert.ErrorIs(t, ctx.Err(), context.DeadlineExceeded, "it was told of another's end") && err != ctx.Err() {
					assert.ErrorIs(t, err, host.ErrCall)
					assert.ErrorContains(t, err, "the caller left")
				}
				cancel()
			}
		})
	}
	wg.Wait()
	assert.Same(t, lib, slot.Current(), "it heeds its callers")
	assert.Zero(t, lib.InFlight())
}

// Whoever cancels a call may be late: the thread may be in another one by then.
func TestLateCancel(t *testing.T) {
	slot := newSlot(t, "crash", []string{libtest.Build(t, "crash", "1")})
	lib := slot.Current()
	wait := must(host.Func0[host.None](slot, "Wait", host.Stay()))(t)
	inside := must(host.Func0[int64](slot, "Inside"))(t)
	ctx, end := context.WithCancel(bg)
	defer end()
	late, waited := make(chan func(), 1), make(chan error, 1)
	go func() {
		runtime.LockOSThread() // both calls are on one thread
		defer runtime.UnlockOSThread()
		cancel, leave := host.CameBack(lib)
		defer leave()
		late <- cancel
		_, err := wait(ctx)
		waited <- err
	}()
	cancel := <-late
	require.Eventually(t, func() bool { return must(inside(bg))(t) == 1 }, patience, time.Millisecond)
	cancel()
	select {
	case err := <-waited:
		require.Fail(t, "the call was told of the end of the one before", "%v", err)
	case <-time.After(50 * time.Millisecond):
	}
	end()
	assert.ErrorContains(t, <-waited, "the caller left")
}

// A caller that stays gets what the library returns, even if it is late.
func TestStayingCallerStays(t *testing.T) {
	slot := newSlot(t, "crash", []string{libtest.Build(t, "crash", "1")})
	sleep := must(host.Func1[int64, int64](slot, "Sleep", host.Stay()))(t)
	ctx, cancel := context.WithTimeout(bg, 50*time.Millisecond)
	defer cancel()
	ms, err := sleep(ctx, 200)
	require.NoError(t, err)
	assert.EqualValues(t, 200, ms)
	require.Error(t, ctx.Err())
	_, err = sleep(ctx, 200)
	assert.Equal(t, context.DeadlineExceeded, err, "a call that has not begun does not begin")

	limited := must(host.Func1[int64, int64](slot, "Sleep", host.Stay(), host.Limit(20*time.Millisecond)))(t)
	_, err = limited(bg, 200)
	assert.ErrorIs(t, err, host.ErrHung, "a limit is a limit")
}

func TestStayingCallThatHangsEndsItsVersion(t *testing.T) {
	v1, v2 := libtest.Build(t, "crash", "1"), libtest.Build(t, "crash", "2")
	slot := newSlot(t, "crash", []string{v1, v2}, host.KillHung())
	v := newVictim(t, slot)
	sleep := must(host.Func1[int64, int64](slot, "Sleep", host.Stay()))(t)
	err := bounded(func(ctx context.Context) error {
		_, err := sleep(ctx, 3600_000)
		return err
	})
	c := crashed(t, err, "2")
	assert.Equal(t, host.CrashKilled, c.Kind)
	assert.Contains(t, c.Message, "did not return when its context ended")
	require.NoError(t, v.add())
	assert.Equal(t, "1", slot.Current().Version())
}
