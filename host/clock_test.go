package host_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// If somebody sets the wall clock, no decision changes: the times that decisions
// remember are compared by their monotonic readings. ClockJumps changes the wall reading,
// as if the clock had jumped since. (Probation, limits and deadlines are timers, which are
// monotonic by themselves.)
func TestClockThatJumps(t *testing.T) {
	const jump = 24 * time.Hour
	now := time.Now()
	shifted := now
	host.ShiftWall(&shifted, -jump)
	require.Zero(t, now.Sub(shifted), "the monotonic reading is as it was")
	require.Equal(t, jump, now.Round(0).Sub(shifted.Round(0)), "the other is not")

	t.Run("crash window", func(t *testing.T) {
		for _, by := range []time.Duration{-jump, jump} {
			path := libtest.Build(t, "crash", "1")
			slot := newSlot(t, "crash", []string{path}, host.CrashLimit(2, time.Hour))
			v := newVictim(t, slot)
			crashed(t, v.crash("exit"), "1")
			require.NoError(t, v.add())
			host.ClockJumps(slot, by)
			crashed(t, v.crash("exit"), "1")
			crashed(t, v.add(), "1") // two within an hour
			_, err := slot.Swap(t.Context(), path)
			require.ErrorIs(t, err, host.ErrCrashLoop)
		}
	})
	t.Run("promotion", func(t *testing.T) {
		slot := newSlot(t, "greeter", []string{libtest.Greeter(t, "1")},
			host.Probation(0, host.Rule{Health: time.Hour})) // it is judged by the test
		must(slot.Canary(t.Context(), libtest.Greeter(t, "2"), all, host.Promotion{After: time.Hour}))(t)
		assert.Equal(t, "no", host.Ready(slot))
		host.ClockJumps(slot, jump)
		assert.Equal(t, "no", host.Ready(slot), "an hour has not passed")
		host.AgeCanary(slot, 2*time.Hour)
		host.ClockJumps(slot, -jump)
		assert.Equal(t, "yes", host.Ready(slot))
	})
}
