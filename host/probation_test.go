package host_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
)

// onProbation is a slot with v2 on probation and v1 warm.
func onProbation(t *testing.T, d time.Duration, fail string, opts ...host.Option) (*host.Slot, store) {
	rule := host.Rule{Errors: 0.5, Calls: 10, Health: 5 * time.Millisecond}
	slot := newSlot(t, "sessions", []string{sessions(t, "1", "1", "")}, append(opts, host.Probation(d, rule))...)
	s := storeOf(t, slot)
	must(s.put("before", "1"))(t)
	swap := must(slot.Swap(t.Context(), sessions(t, "2", "2", fail)))(t)
	assert.Equal(t, "1", swap.Warm)
	assert.Nil(t, swap.Old)
	assert.Equal(t, host.Warm, slot.Versions()[0].State)
	must(s.put("on", "2"))(t)
	return slot, s
}

// requireBack waits until v1 serves again with all the state, and v2 has failed.
func requireBack(t *testing.T, slot *host.Slot, s store, says string) {
	t.Helper()
	require.Eventually(t, func() bool { return slot.Current().Version() == "1" }, patience, time.Millisecond)
	assert.Equal(t, "1", must(s.get("before"))(t))
	assert.Equal(t, "2", must(s.get("on"))(t), "what v2 was told")
	require.Eventually(t, func() bool { return slot.Versions()[1].State == host.Failed }, patience, time.Millisecond)
	assert.Contains(t, slot.Versions()[1].Reason, says)
	require.Eventually(t, func() bool { return slot.Versions()[0].State == host.Serving }, patience, time.Millisecond)
	assert.Contains(t, slot.Versions()[0].Reason, "back from v2: ")
}

func TestProbationThatIsPassed(t *testing.T) {
	needUnload(t)
	var j journal
	slot, s := onProbation(t, 20*time.Millisecond, "", j.option())
	require.Eventually(t, func() bool { return slot.Versions()[0].State == host.Unloaded }, patience, time.Millisecond)
	assert.True(t, j.tells("passed its probation of 20ms"))
	assert.Equal(t, "2", slot.Current().Version())

	swap := must(slot.Rollback(t.Context()))(t)
	assert.Equal(t, "1", swap.Version)
	requireNothingLeft(t)(swap.Old, nil)
	assert.Equal(t, "2", must(s.get("on"))(t), "loaded again, with the state")
	assert.Equal(t, host.Failed, slot.Versions()[1].State)
	_, err := slot.Rollback(t.Context())
	require.ErrorIs(t, err, host.ErrNoneBefore)
}

func TestTooManyErrorsOnProbation(t *testing.T) {
	needUnload(t)
	slot, s := onProbation(t, time.Hour, "")
	for range 10 { // below the share
		must(s.get("on"))(t)
	}
	for range 5 {
		_, err := s.get("none")
		require.ErrorIs(t, err, host.ErrCall)
	}
	v := slot.Versions()[1]
	assert.EqualValues(t, 16, v.Calls)
	assert.EqualValues(t, 5, v.Errors)
	assert.Equal(t, "2", slot.Current().Version())
	for slot.Current().Version() == "2" {
		_, _ = s.get("none")
	}
	requireBack(t, slot, s, "calls failed, more than 50 %")
}

func TestUnhealthyOnProbation(t *testing.T) {
	needUnload(t)
	slot, s := onProbation(t, time.Hour, "health")
	stop := traffic(t, func(int, int) error { _, err := s.get("on"); return err })
	must(slot.Call(t.Context(), "Spoil"))(t)
	requireBack(t, slot, s, "unhealthy: spoiled")
	stop()
}

// A version that crashed can't save its state: the warm version goes on with its own.
func TestCrashOnProbation(t *testing.T) {
	slot, s := onProbation(t, time.Hour, "")
	_, err := slot.Call(t.Context(), "Exit")
	require.ErrorIs(t, err, host.ErrCrashed)
	assert.Equal(t, "1", must(s.get("before"))(t), "at once")
	assert.Equal(t, "1", slot.Current().Version())
	_, err = s.get("on")
	require.ErrorIs(t, err, host.ErrCall)
	require.Eventually(t, func() bool { return slot.Versions()[1].State == host.Failed }, patience, time.Millisecond)
	assert.Len(t, slot.Versions(), 2, "nothing was loaded")
}

func TestRollbackByHand(t *testing.T) {
	needUnload(t)
	slot, s := onProbation(t, time.Hour, "")
	swap := must(slot.Rollback(t.Context()))(t)
	assert.Equal(t, "1", swap.Version)
	assert.Positive(t, swap.Pause)
	requireNothingLeft(t)(swap.Old, nil)
	requireBack(t, slot, s, "rolled back by hand")
	_, err := slot.Rollback(t.Context())
	require.ErrorIs(t, err, host.ErrNoneBefore)
	assert.Equal(t, "2", must(slot.Swap(t.Context(), sessions(t, "2", "2", "")))(t).Version, "it may come again")
	assert.Equal(t, "2", must(s.get("on"))(t))
}

// State is not thrown away: a version that can't hand it back goes on.
func TestRollbackThatWouldLoseState(t *testing.T) {
	needUnload(t)
	var j journal
	slot, s := onProbation(t, time.Hour, "save", j.option())
	_, err := slot.Rollback(t.Context())
	require.ErrorIs(t, err, host.ErrState)
	assert.Equal(t, "2", must(s.get("on"))(t))
	for range 30 {
		_, _ = s.get("none")
	}
	require.Eventually(t, func() bool { return j.tells("it can't be rolled back") }, patience, time.Millisecond)
	assert.Equal(t, "2", must(s.get("on"))(t))
}

// The version to go back to is the last one that has passed.
func TestSwapOnProbation(t *testing.T) {
	needUnload(t)
	slot, s := onProbation(t, time.Hour, "")
	swap := must(slot.Swap(t.Context(), sessions(t, "3", "2", "")))(t)
	assert.Equal(t, "1", swap.Warm)
	assert.Equal(t, "2", swap.Old.Version)
	requireNothingLeft(t)(swap.Old, nil)
	must(slot.Rollback(t.Context()))(t)
	assert.Equal(t, "1", slot.Current().Version())
	assert.Equal(t, "2", must(s.get("on"))(t))
}

func TestRollbackOfNothing(t *testing.T) {
	_, err := newSlot(t, "greeter", nil).Rollback(t.Context())
	require.ErrorIs(t, err, host.ErrNoneBefore)
}
