package host_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// back is the last event by which v2 serves, which it does again.
func back(t *testing.T, j *journal) (found host.Event) {
	for _, e := range j.all() {
		if e.State == host.Serving && e.Version == "2" {
			found = e
		}
	}
	require.Contains(t, found.Detail, "back from v")
	return found
}

// failCalls has calls of the current version fail.
func failCalls(t *testing.T, slot *host.Slot, calls int) {
	for range calls {
		_, err := slot.Call(t.Context(), "Fail")
		require.ErrorIs(t, err, host.ErrCall)
	}
}

// What was on probation when it left still is when it comes back: with the time that was left, the calls
// that it has answered, and the same version to go back to.
func TestAProbationGoesOnAfterATakeoverThatFails(t *testing.T) {
	rule := host.Rule{Errors: 0.5, Calls: 4, Health: 10 * time.Millisecond}
	swapped := func(t *testing.T, d time.Duration, opts ...host.Option) (*host.Slot, *journal) {
		j := &journal{}
		opts = append(opts, lockFile(t), j.option(), host.Probation(d, rule), failing("3", "start"))
		return newSlot(t, "exclusive", []string{exclusive(t, "1"), exclusive(t, "2")}, opts...), j
	}
	takeOver := func(t *testing.T, slot *host.Slot) {
		_, err := slot.Swap(t.Context(), exclusive(t, "3"))
		require.ErrorIs(t, err, host.ErrStart)
		require.Equal(t, "2", slot.Current().Version())
	}
	requireBefore := func(t *testing.T, slot *host.Slot) {
		require.Eventually(t, func() bool { return slot.Current().Version() == "1" }, patience, time.Millisecond)
		must(slot.Call(t.Context(), "Increment"))(t)
	}
	t.Run("fails", func(t *testing.T) {
		slot, j := swapped(t, time.Hour)
		failCalls(t, slot, 2)
		takeOver(t, slot)
		e := back(t, j)
		assert.False(t, e.Passed)
		assert.Contains(t, e.Detail, "; on probation for another 59m")
		failCalls(t, slot, 1)
		takeOver(t, slot)
		failCalls(t, slot, 1)
		requireBefore(t, slot)
		assert.True(t, j.tells("4 of 4 calls failed"))
	})
	t.Run("crashes", func(t *testing.T) {
		slot, _ := swapped(t, time.Hour)
		takeOver(t, slot)
		_, err := slot.Call(t.Context(), "Exit")
		require.ErrorIs(t, err, host.ErrCrashed)
		requireBefore(t, slot)
	})
	t.Run("is rolled back", func(t *testing.T) {
		slot, j := swapped(t, time.Hour)
		takeOver(t, slot)
		assert.Equal(t, "1", must(slot.Rollback(t.Context()))(t).Version)
		requireBefore(t, slot)
		assert.False(t, j.tells("passed its probation"))
	})
	t.Run("is replaced", func(t *testing.T) {
		slot, _ := swapped(t, time.Hour)
		takeOver(t, slot)
		must(slot.Swap(t.Context(), exclusive(t, "4")))(t)
		assert.Equal(t, "1", must(slot.Rollback(t.Context()))(t).Version, "the last that has passed")
	})
	t.Run("passes", func(t *testing.T) {
		slot, j := swapped(t, 100*time.Millisecond)
		takeOver(t, slot)
		require.Eventually(t, func() bool { return j.tells("passed its probation of 100ms") }, patience, time.Millisecond)
		assert.Equal(t, "2", slot.Current().Version())
	})
	// The version before fails to take over: the one on probation is back, and still has to go.
	t.Run("can't be rolled back", func(t *testing.T) {
		var refused atomic.Bool
		slot, j := swapped(t, time.Hour, host.Check(func(_ context.Context, lib *host.Library) error {
			if lib.Version() == "1" && refused.Load() {
				return errors.New("refused as told")
			}
			return nil
		}))
		refused.Store(true)
		failCalls(t, slot, 4)
		require.Eventually(t, func() bool { return j.tells("back from v1, calls waited ") }, patience, time.Millisecond)
		assert.False(t, back(t, j).Passed)
		refused.Store(false)
		requireBefore(t, slot)
	})
}

// A version that was kept warm for the one on probation had to go for the takeover. It is loaded again.
func TestAProbationGoesOnWithoutItsWarmVersion(t *testing.T) {
	slotOf := func(t *testing.T, j *journal, opts ...host.Option) *host.Slot {
		opts = append(opts, j.option(), host.Probation(time.Hour, host.Rule{}))
		slot := newSlot(t, "greeter", []string{libtest.Greeter(t, "1"), libtest.Greeter(t, "2")}, opts...)
		require.Equal(t, host.Warm, last(j.states("1")))
		return slot
	}
	t.Run("after a takeover that fails", func(t *testing.T) {
		var j journal
		slot := slotOf(t, &j)
		_, err := slot.Swap(t.Context(), exclusiveAs(t, "greeter", "3"))
		require.ErrorIs(t, err, host.ErrStart, "there is no lock file") // and both others had to go
		assert.Equal(t, host.Unloaded, last(j.states("1")))
		assert.False(t, back(t, &j).Passed)
		swap := must(slot.Swap(t.Context(), libtest.Greeter(t, "4")))(t)
		assert.Equal(t, "2", swap.Old.Version)
		assert.Equal(t, "on probation for 1h0m0s", last(slot.Versions()).Reason)
		assert.Equal(t, "1", must(slot.Rollback(t.Context()))(t).Version, "the last that has passed")
	})
	t.Run("after a takeover", func(t *testing.T) {
		var j journal
		slot := slotOf(t, &j, lockFile(t))
		must(slot.Swap(t.Context(), exclusiveAs(t, "greeter", "3")))(t)
		assert.Equal(t, "1", must(slot.Rollback(t.Context()))(t).Version, "the last that has passed")
	})
}
