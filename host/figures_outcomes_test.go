package host_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/hosttest"
)

// replies is a library of one function.
func replies(n int64) map[string]any {
	return map[string]any{"Answer": func() int64 { return n }, "Fail": func() error { return errors.New("no") }}
}

// Each way in which a deployment ends is counted once, and told by its event.
func TestOutcomes(t *testing.T) {
	told := make(chan host.Outcome, 100)
	slot := hosttest.New(t, replies(1), host.Probation(time.Hour, host.Rule{}), host.OnEvent(func(e host.Event) {
		if e.Outcome != "" {
			told <- e.Outcome
		}
	}))
	want := map[host.Outcome]int64{host.OutcomeSwapped: 1}
	expect := func(o host.Outcome) {
		t.Helper()
		want[o]++
		require.Eventually(t, func() bool { return slot.Figures().Outcomes[o] == want[o] }, patience, time.Millisecond)
		assert.Equal(t, want, slot.Figures().Outcomes)
	}
	hosttest.Swap(t, slot, replies(2))
	expect(host.OutcomeSwapped)
	assert.True(t, last(slot.Versions()).Proving)

	must(slot.Rollback(t.Context()))(t)
	expect(host.OutcomeRolledBack)
	assert.False(t, last(slot.Versions()).Proving)

	hosttest.Swap(t, slot, replies(3))
	expect(host.OutcomeSwapped)
	hosttest.Crash(t, slot, "out of luck")
	expect(host.OutcomeRecovered)

	canary := func() {
		must(slot.CanaryOf(t.Context(), hosttest.Version(t, slot, "", replies(4)), host.Share{Percent: 10}, host.Promotion{}))(t)
	}
	canary()
	must(slot.Abort(t.Context()))(t)
	expect(host.OutcomeAborted)
	canary()
	must(slot.Promote(t.Context()))(t)
	expect(host.OutcomePromoted)

	_, err := slot.SwapTo(t.Context(), host.File("libhosttest.v99.so"))
	require.ErrorIs(t, err, host.ErrNotFound)
	expect(host.OutcomeRefused)
	_, err = slot.SwapTo(t.Context(), hosttest.Version(t, slot, "", replies(5), host.Hooks{Start: func(context.Context) error { return errors.New("not today") }}))
	require.ErrorIs(t, err, host.ErrStart)
	expect(host.OutcomeFailed)
	assert.Equal(t, map[string]int64{"not-found": 1, "start": 1}, slot.Figures().Refused)

	slot.Flush(t.Context())
	close(told)
	heard := map[host.Outcome]int64{}
	for o := range told {
		heard[o]++
	}
	want[host.OutcomeSwapped] = heard[host.OutcomeSwapped]
	assert.Equal(t, want, heard)
}

// A version's calls are counted on when it is loaded again, also when the slot has forgotten its first life.
func TestFiguresByVersion(t *testing.T) {
	slot := hosttest.New(t, replies(1), host.AllowDowngrade())
	const lives = 70 // more than the slot remembers
	for i := range lives {
		for _, version := range []string{"2", "3"} {
			must(slot.SwapTo(t.Context(), hosttest.Version(t, slot, version, replies(2))))(t)
			must(slot.Call(t.Context(), "Answer"))(t)
			_, err := slot.Call(t.Context(), "Fail")
			require.ErrorIs(t, err, host.ErrCall)
		}
		for _, v := range slot.Figures().ByVersion() {
			if v.Version != "1" { // which was never called, and will be forgotten
				assert.EqualValues(t, 2*(i+1), v.Figures.Calls, "v%s", v.Version)
				assert.EqualValues(t, i+1, v.Figures.Failures[host.FailedError], "v%s", v.Version)
			}
		}
	}
	byVersion := slot.Figures().ByVersion()
	require.Len(t, byVersion, 2)
	assert.Less(t, len(slot.Figures().Versions), 2*lives)
	assert.Equal(t, fmt.Sprint([]host.State{host.Unloaded, host.Serving}), fmt.Sprint([]host.State{byVersion[0].State, byVersion[1].State}))
}
