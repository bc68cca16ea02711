package host_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// A version that crashes while it is loaded never serves, and the previous one goes
// on. Nothing of it is left.
func TestCrashOnTheWayIn(t *testing.T) {
	good := libtest.Build(t, "crash", "1")
	for _, test := range []struct {
		mode   string
		kind   host.CrashKind
		reason error
	}{
		{"init", host.CrashPanic, host.ErrLoad},
		{"init-exit", host.CrashExit, host.ErrLoad},
		{"init-goroutine", host.CrashPanic, host.ErrLoad},
		{"start", host.CrashPanic, host.ErrStart},
		{"health", host.CrashPanic, host.ErrUnhealthy},
	} {
		t.Run(test.mode, func(t *testing.T) {
			before := holdings(t)
			bad := crashing(t, "2", test.mode)
			_, err := host.Open(bg, bad)
			c := crashed(t, err, "2")
			assert.ErrorIs(t, err, test.reason)
			assert.Equal(t, test.kind, c.Kind)
			gone(t, before)

			var events journal
			slot := newSlot(t, "crash", []string{good}, events.option())
			v := newVictim(t, slot)
			_, err = slot.Swap(bg, bad)
			crashed(t, err, "2")
			assert.ErrorIs(t, err, test.reason)
			require.NoError(t, v.add())
			assert.Equal(t, "1", slot.Current().Version())
			assert.Contains(t, events.states("2"), host.Failed)
			for _, info := range slot.Versions() {
				if info.Version == "2" {
					assert.Equal(t, host.Failed, info.State)
					assert.Contains(t, info.Reason, "crashed")
				}
			}
		})
	}
}

// A crash during an unload is no problem: it ends what was to be ended.
func TestCrashOnTheWayOut(t *testing.T) {
	next := libtest.Build(t, "crash", "2")
	for _, mode := range []string{"stop", "stop-thread"} {
		t.Run(mode, func(t *testing.T) {
			before := holdings(t)
			bad := crashing(t, "1", mode)
			lib := must(host.Open(bg, bad))(t)
			requireNothingLeft(t)(lib.Close(bg))
			gone(t, before)

			slot := newSlot(t, "crash", []string{bad})
			v := newVictim(t, slot)
			swap := must(slot.Swap(bg, next))(t)
			require.NoError(t, v.add())
			assert.Equal(t, host.Unloaded, swap.Old.State, swap.Old.Reason)
			assert.Equal(t, "2", slot.Current().Version())
		})
	}
}

// A library crashes while nobody is inside. The next call finds its successor.
func TestCrashWhileIdle(t *testing.T) {
	var events journal
	slot := newSlot(t, "crash", []string{libtest.Build(t, "crash", "1"), libtest.Build(t, "crash", "2")}, events.option())
	v := newVictim(t, slot)
	require.NoError(t, v.crash("later"))
	require.Eventually(t, func() bool { return slices.Contains(events.states("2"), host.Crashed) }, patience, poll)
	require.NoError(t, v.add())
	assert.Equal(t, "1", slot.Current().Version())
}

// The old version crashes while the slot waits for its last calls.
func TestCrashDuringDrain(t *testing.T) {
	next := libtest.Build(t, "crash", "2")
	slot := newSlot(t, "crash", []string{libtest.Build(t, "crash", "1")})
	v := newVictim(t, slot)
	old := slot.Current()
	wait := v.within(2, v.sleep)
	crash := must(host.Func1[uint64, host.None](slot, "CallbackThenCrash"))(t)
	release := make(chan struct{})
	waitCrash := v.within(1, func() error {
		_, err := crash(bg, callback(func() { <-release }))
		return err
	})
	done := make(chan *host.Swap)
	go func() {
		swap, err := slot.Swap(bg, next)
		assert.NoError(t, err)
		done <- swap
	}()
	require.Eventually(t, func() bool { return old.State() == host.Retiring }, patience, poll)
	require.NoError(t, v.add())
	close(release)
	waitCrash()
	wait()
	swap := <-done
	assert.Equal(t, host.Unloaded, swap.Old.State, swap.Old.Reason)
	require.NoError(t, v.add())
	assert.Equal(t, "2", slot.Current().Version())
}

// The version that the slot fell back to crashes while the crashed one is still being
// taken out, held by a callback.
func TestCrashDuringAnotherVersionsCrash(t *testing.T) {
	v1, v2 := libtest.Build(t, "crash", "1"), libtest.Build(t, "crash", "2")
	slot := newSlot(t, "crash", []string{v1, v2}, forever(t)...)
	v := newVictim(t, slot)
	call := must(host.Func1[uint64, host.None](slot, "Callback"))(t)
	release := make(chan struct{})
	held := v.within(1, func() error { _, err := call(bg, callback(func() { <-release })); return err })
	first := slot.Current()
	crashed(t, v.crash("panic"), "2")
	require.NoError(t, v.add())
	second := slot.Current()
	assert.Equal(t, "1", second.Version())
	freed := v.within(2, v.sleep)
	crashed(t, v.crash("goroutine"), "1")
	freed()
	require.NoError(t, v.add())
	assert.Equal(t, host.Crashed, first.State())
	close(release)
	held()
	require.Eventually(t, func() bool {
		return first.State() == host.Unloaded && second.State() == host.Unloaded
	}, patience, poll)
	require.NoError(t, v.add())
}
