package host_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// bounded makes a call with a context that ends in a moment. On a busy machine it may end
// before the call has begun: then it tries again.
func bounded(call func(context.Context) error) (err error) {
	for again := true; again; again = errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, host.ErrHung) {
		ctx, cancel := context.WithTimeout(bg, 20*time.Millisecond)
		err = call(ctx)
		cancel()
	}
	return err
}

// A call that does not return ends its version, if the host says so (KillHung): an
// endless loop, or a deadlock, which the runtime of a library can't detect.
func TestHungCallEndsItsVersion(t *testing.T) {
	v1, v2 := libtest.Build(t, "crash", "1"), libtest.Build(t, "crash", "2")
	for _, kind := range []string{"hang", "deadlock"} {
		t.Run(kind, func(t *testing.T) {
			slot := newSlot(t, "crash", []string{v1, v2}, host.KillHung())
			v := newVictim(t, slot)
			wait := v.within(3, v.sleep)
			err := bounded(func(ctx context.Context) error { _, err := slot.Call(ctx, abi.SymDrill, kind); return err })
			require.ErrorIs(t, err, host.ErrHung)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			assert.NotErrorIs(t, err, host.ErrCrashed)
			assert.ErrorContains(t, err, "crash v2")
			wait()
			require.NoError(t, v.add())
			assert.Equal(t, "1", slot.Current().Version())
		})
	}
}

// What the other callers of a version that was ended get.
func TestCrashKilled(t *testing.T) {
	lib := must(host.Open(bg, libtest.Build(t, "crash", "1"), host.KillHung()))(t)
	v := newVictim(t, lib)
	got := make(chan error, 1)
	go func() { got <- v.sleep() }()
	require.Eventually(t, func() bool { return v.inside() == 1 }, patience, poll)
	hang := must(host.Func1[int64, int64](lib, "Sleep", host.Limit(20*time.Millisecond), host.Limit(0)))(t)
	_, err := hang(bg, 3600_000)
	require.ErrorIs(t, err, host.ErrHung)
	c := crashed(t, <-got, "1")
	assert.Equal(t, host.CrashKilled, c.Kind)
	assert.Contains(t, c.Message, "Sleep did not return by its deadline")
	requireNothingLeft(t)(lib.Close(bg))
}

// Without KillHung a hung call is left behind, and its version serves on.
func TestHungCallIsLeftBehind(t *testing.T) {
	slot := newSlot(t, "crash", []string{libtest.Build(t, "crash", "1")})
	v := newVictim(t, slot)
	sleep := must(host.Func1[int64, int64](slot, "Sleep"))(t)
	err := bounded(func(ctx context.Context) error { _, err := sleep(ctx, 500); return err })
	require.ErrorIs(t, err, host.ErrHung)
	require.NoError(t, v.add())
	assert.Positive(t, slot.Current().InFlight(), "the call, and perhaps what tells the library that its caller has left")
	require.Eventually(t, func() bool { return slot.Current().InFlight() == 0 }, patience, poll)
}

// A library that heeds its caller's context is not ended.
func TestCancelledCallIsNotHung(t *testing.T) {
	slot := newSlot(t, "crash", []string{libtest.Build(t, "crash", "1")}, host.KillHung(), host.CancelGrace(patience))
	v := newVictim(t, slot)
	wait := must(host.Func0[host.None](slot, "Wait"))(t)
	lib := slot.Current()
	ctx, cancel := context.WithCancel(bg)
	go func() {
		assert.Eventually(t, func() bool { return v.inside() == 1 }, patience, poll)
		cancel()
	}()
	_, err := wait(ctx)
	require.ErrorIs(t, err, host.ErrCall)
	require.ErrorIs(t, err, context.Canceled)
	assert.ErrorContains(t, err, "the caller left")
	require.NoError(t, v.add())
	assert.Same(t, lib, slot.Current())
}

// A call that outlives the drain timeout ends with its version, if the host says so
// (ForceUnload).
func TestForcedUnload(t *testing.T) {
	v1, v2 := libtest.Build(t, "crash", "1"), libtest.Build(t, "crash", "2")
	slot := newSlot(t, "crash", []string{v1}, host.DrainTimeout(20*time.Millisecond), host.ForceUnload())
	v := newVictim(t, slot)
	wait := v.within(2, v.sleep)
	swap, err := slot.Swap(bg, v2)
	require.NoError(t, err)
	wait()
	assert.Equal(t, host.Unloaded, swap.Old.State, swap.Old.Reason)
	require.NoError(t, v.add())
	assert.Equal(t, "2", slot.Current().Version())
}

// The end of a context that comes before the export has asked for cabi.Context is not
// lost: the library hears of it, and no version is ended for what it was never told.
func TestCancelledBeforeItListens(t *testing.T) {
	for name, opts := range map[string][]host.BindOption{"leaving": nil, "staying": {host.Stay()}} {
		t.Run(name, func(t *testing.T) {
			slot := newSlot(t, "crash", []string{libtest.Build(t, "crash", "1")}, host.KillHung(), host.CancelGrace(patience))
			late := must(host.Func1[int64, host.None](slot, "WaitLate", opts...))(t)
			ctx, cancel := context.WithTimeout(bg, 10*time.Millisecond)
			defer cancel()
			_, err := late(ctx, 100)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			assert.NotErrorIs(t, err, host.ErrCrashed)
			assert.NotErrorIs(t, err, host.ErrHung)
			require.NoError(t, newVictim(t, slot).add())
		})
	}
}
