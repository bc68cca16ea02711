package host_test

import (
	"context"
	"os"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// The slot goes back to the previous version, whose file is long gone, and reports it.
func TestCrashFallsBack(t *testing.T) {
	v1, v2 := libtest.Build(t, "crash", "1"), libtest.Build(t, "crash", "2")
	var events journal
	slot := newSlot(t, "crash", []string{v1, v2}, events.option())
	require.NoError(t, os.Remove(v1))
	require.NoError(t, os.WriteFile(v2, []byte("overwritten"), 0o644))
	v := newVictim(t, slot)
	crashed(t, v.crash("panic"), "2")
	require.NoError(t, v.add())
	assert.Equal(t, "1", slot.Current().Version())
	require.Eventually(t, func() bool { return slices.Contains(events.states("2"), host.Unloaded) }, patience, poll)

	dead := events.states("2")
	assert.Less(t, slices.Index(dead, host.Serving), slices.Index(dead, host.Crashed))
	assert.Less(t, slices.Index(dead, host.Crashed), slices.Index(dead, host.Unloaded))
	infos := slot.Versions()
	last := infos[len(infos)-1]
	assert.Equal(t, "1", last.Version)
	assert.Equal(t, host.Serving, last.State)
	assert.Contains(t, last.Reason, "fallback from v2")
}

// Close ends a recovery and waits for it, and for what is left of the version that crashed.
func TestCloseWaitsForARecovery(t *testing.T) {
	var checks atomic.Int32
	var ended atomic.Bool
	recovering := make(chan struct{})
	slot := newSlot(t, "crash", []string{libtest.Build(t, "crash", "1")}, host.Check(func(ctx context.Context, _ *host.Library) error {
		if checks.Add(1) == 1 {
			return nil
		}
		close(recovering)
		<-ctx.Done()
		time.Sleep(50 * time.Millisecond)
		ended.Store(true)
		return ctx.Err()
	}))
	v := newVictim(t, slot)
	crashed(t, v.crash("panic"), "1")
	<-recovering
	_, err := slot.Close(bg)
	require.NoError(t, err)
	assert.True(t, ended.Load())
	for _, info := range slot.Versions() {
		assert.Equal(t, host.Unloaded, info.State)
	}
}

// What a recovery has found but not loaded yet when the slot is closed is over, too, and has not
// failed.
func TestCloseGivesARecoveryUp(t *testing.T) {
	needUnload(t)
	var events journal
	slot := newSlot(t, "crash", []string{libtest.Build(t, "crash", "1")}, events.option())
	v := newVictim(t, slot)
	_, err := host.Open(bg, libtest.Build(t, "stuck", "1"), host.StartTimeout(50*time.Millisecond))
	require.ErrorIs(t, err, host.ErrLoad, "it keeps others from being loaded")
	gone := make(chan error, 1)
	go func() { gone <- v.crash("panic") }()
	require.Eventually(t, func() bool {
		return len(slot.Versions()) == 2 && slot.Versions()[1].State == host.Verified
	}, patience, poll)
	_, err = slot.Close(bg)
	require.NoError(t, err)
	crashed(t, <-gone, "1")
	for _, info := range slot.Versions() {
		assert.Equal(t, host.Unloaded, info.State, info.Reason)
	}
	assert.True(t, events.tells("given up: the slot was closed"))
	assert.NotContains(t, events.states("1"), host.Failed)
}

// Versions shows a dead version as crashed, and why, until it is out.
func TestVersionsShowsACrash(t *testing.T) {
	slot := newSlot(t, "crash", []string{libtest.Build(t, "crash", "1")})
	v := newVictim(t, slot)
	call := must(host.Func1[uint64, host.None](slot, "Callback"))(t)
	release := make(chan struct{})
	wait := v.within(1, func() error { _, err := call(bg, callback(func() { <-release })); return err })
	crashed(t, v.crash("panic"), "1")
	require.NoError(t, v.add())
	require.Eventually(t, func() bool { return slot.Versions()[0].State == host.Crashed }, patience, poll)
	info := slot.Versions()[0]
	assert.Equal(t, "crash v1 crashed: panic: panic: crash drill", info.Reason)
	assert.Equal(t, int64(1), info.InFlight)
	close(release)
	wait()
	require.Eventually(t, func() bool { return slot.Versions()[0].State == host.Unloaded }, patience, poll)
}

// Without a previous version, the crashed one is loaded again from the slot's own
// copy, until it is in a crash loop.
func TestCrashLoop(t *testing.T) {
	v1, v2 := libtest.Build(t, "crash", "1"), libtest.Build(t, "crash", "2")
	var events journal
	slot := newSlot(t, "crash", []string{v1}, host.CrashLimit(2, time.Hour), host.AllowDowngrade(), events.option())
	v := newVictim(t, slot)
	crashed(t, v.crash("panic"), "1")
	require.NoError(t, v.add(), "once is no loop")
	crashed(t, v.crash("exit"), "1")

	c := crashed(t, v.add(), "1")
	assert.Equal(t, host.CrashExit, c.Kind, "calls get the last crash until the next version comes")
	assert.Nil(t, slot.Current())
	assert.Contains(t, events.states("1"), host.Failed, "it was not loaded again")
	_, err := slot.Swap(bg, v1)
	require.ErrorIs(t, err, host.ErrCrashLoop)
	assert.ErrorContains(t, err, "Forgive")
	crashed(t, v.add(), "1")

	_, err = slot.Swap(bg, v2)
	require.NoError(t, err, "other content")
	require.NoError(t, v.add())
	crashed(t, v.crash("panic"), "2")
	require.NoError(t, v.add())
	assert.Equal(t, "2", slot.Current().Version(), "version 1 is in a loop still")

	slot.Forgive()
	_, err = slot.Swap(bg, v1)
	require.NoError(t, err)
	require.NoError(t, v.add())
}

// If a version is in a crash loop, the previous one serves, and the same file is not
// loaded again.
func TestCrashLoopWithAFallback(t *testing.T) {
	v1, v2 := libtest.Build(t, "crash", "1"), libtest.Build(t, "crash", "2")
	slot := newSlot(t, "crash", []string{v1, v2}, host.CrashLimit(1, time.Hour))
	v := newVictim(t, slot)
	crashed(t, v.crash("panic"), "2")
	require.NoError(t, v.add())
	assert.Equal(t, "1", slot.Current().Version())
	_, err := slot.Swap(bg, v2)
	require.ErrorIs(t, err, host.ErrCrashLoop)
	require.NoError(t, v.add())
}

// A directly opened library has nothing to fall back to.
func TestCrashOfALibrary(t *testing.T) {
	before := holdings(t)
	lib := must(host.Open(bg, libtest.Build(t, "crash", "1")))(t)
	v := newVictim(t, lib)
	wait := v.within(2, v.sleep)
	crashed(t, v.crash("panic"), "1")
	wait()
	for range 3 {
		crashed(t, v.add(), "1")
	}
	crashed(t, lib.Health(bg), "1")
	_, err := lib.Call(bg, "Add", 1, 2)
	crashed(t, err, "1")
	requireNothingLeft(t)(lib.Close(bg))
	gone(t, before)
}

// Callers that come while the fallback is loaded wait for it; one whose context
// ends leaves.
func TestCallsWaitForTheFallback(t *testing.T) {
	release := make(chan struct{})
	loads := 0
	slow := host.Check(func(context.Context, *host.Library) error {
		if loads++; loads > 1 {
			<-release
		}
		return nil
	})
	slot := newSlot(t, "crash", []string{libtest.Build(t, "crash", "1")}, append(forever(t), slow)...)
	v := newVictim(t, slot)
	add := must(host.Func2[int32, int32, int32](slot, "Add"))(t)
	crashed(t, v.crash("panic"), "1")
	ctx, cancel := context.WithTimeout(bg, time.Millisecond)
	defer cancel()
	_, err := add(ctx, 1, 2)
	assert.ErrorIs(t, err, context.DeadlineExceeded)
	close(release)
	require.NoError(t, v.add())
}
