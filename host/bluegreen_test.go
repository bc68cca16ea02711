package host_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// Blue stays loaded, and calls go back to it at once.
func TestBlueGreenRollback(t *testing.T) {
	one, two, three := libtest.Greeter(t, "1"), libtest.Greeter(t, "2"), libtest.Greeter(t, "3")
	var j journal
	slot := newSlot(t, "greeter", []string{one}, host.BlueGreen(time.Hour), j.option())
	blue := slot.Current()
	swap := must(slot.Swap(bg, two))(t)
	assert.Equal(t, "1", swap.Warm)
	assert.Nil(t, swap.Old)
	assert.Equal(t, host.Warm, blue.State())

	swap = must(slot.Rollback(bg))(t)
	assert.Equal(t, "1", swap.Version)
	assert.Equal(t, host.Unloaded, swap.Old.State)
	assert.Same(t, blue, slot.Current(), "it was not loaded again")
	assert.Equal(t, host.Serving, blue.State())
	_, err := slot.Rollback(bg)
	require.ErrorIs(t, err, host.ErrNoneBefore)

	// A further swap lets blue go; green is the next blue.
	must(slot.Swap(bg, two))(t)
	swap = must(slot.Swap(bg, three))(t)
	assert.Equal(t, "2", swap.Warm)
	assert.Equal(t, host.Unloaded, blue.State())
	assert.Contains(t, j.states("1"), host.Warm)
	requireNothingLeft(t)(slot.Close(bg))
	for _, v := range slot.Versions() {
		assert.Contains(t, []host.State{host.Unloaded, host.Failed}, v.State, "v%s", v.Version)
		assert.NotEqual(t, host.Warm, v.State)
	}
}

// When its time is over, blue goes, and Rollback loads it again.
func TestBlueGreenIsOver(t *testing.T) {
	slot := newSlot(t, "greeter", []string{libtest.Greeter(t, "1")}, host.BlueGreen(20*time.Millisecond))
	blue := slot.Current()
	must(slot.Swap(bg, libtest.Greeter(t, "2")))(t)
	require.Eventually(t, func() bool { return blue.State() == host.Unloaded }, patience, poll)
	swap := must(slot.Rollback(bg))(t)
	assert.Equal(t, "1", swap.Version)
	assert.NotSame(t, blue, slot.Current())
}

// A crash of green brings blue back, which is faster than any load.
func TestBlueGreenCrash(t *testing.T) {
	one, two := libtest.Build(t, "crash", "1"), libtest.Build(t, "crash", "2")
	slot := newSlot(t, "crash", []string{one}, host.BlueGreen(time.Hour))
	blue := slot.Current()
	must(slot.Swap(bg, two))(t)
	v := newVictim(t, slot)
	crashed(t, v.crash("panic"), "2")
	require.NoError(t, v.add())
	assert.Same(t, blue, slot.Current())
}

// A crash of blue, which nobody calls, ends only blue.
func TestBlueGreenLosesBlue(t *testing.T) {
	one, two := libtest.Build(t, "crash", "1"), libtest.Build(t, "crash", "2")
	slot := newSlot(t, "crash", []string{one}, host.BlueGreen(time.Hour))
	blue := slot.Current()
	must(slot.Swap(bg, two))(t)
	host.KillForTest(blue)
	require.Eventually(t, func() bool { return blue.State() == host.Unloaded }, patience, poll)
	require.NoError(t, newVictim(t, slot).add())
	swap := must(slot.Rollback(bg))(t)
	assert.Equal(t, "1", swap.Version, "loaded again")
}
