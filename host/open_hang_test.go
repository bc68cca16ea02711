package host_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// Init functions that never end are not waited for: the load fails, and what was loaded
// is taken out.
func TestInitFunctionsThatHang(t *testing.T) {
	before := takeFootprint(t)
	for _, mode := range []string{"init-hang", "init-loop"} {
		t.Run(mode, func(t *testing.T) {
			path := crashing(t, "2", mode)
			_, err := host.Open(bg, path, host.StartTimeout(200*time.Millisecond))
			require.ErrorIs(t, err, host.ErrLoad)
			require.ErrorContains(t, err, "its init functions did not end within 200ms, see StartTimeout")

			ended, cancel := context.WithTimeout(bg, 200*time.Millisecond)
			defer cancel()
			_, err = host.Open(ended, path)
			require.ErrorIs(t, err, host.ErrLoad)
			require.ErrorIs(t, err, context.DeadlineExceeded)

			slot := newSlot(t, "crash", []string{libtest.Build(t, "crash", "1")}, host.StartTimeout(3*time.Second))
			_, err = slot.Swap(bg, path)
			require.ErrorIs(t, err, host.ErrLoad)
			require.NoError(t, newVictim(t, slot).add(), "the version that served serves on")
		})
	}
	eventually(t, func() bool { return takeFootprint(t).reserved < before.reserved+slack }, "their memory is given back")
}

// A constructor of C code that does not end holds the dynamic linker's lock. Its version
// is quarantined, other loads fail instead of waiting, and all is well once it ends.
func TestConstructorThatHangs(t *testing.T) {
	needUnload(t)
	good, hang := libtest.Build(t, "crash", "1"), libtest.Build(t, "stuck", "1")
	var events journal
	_, err := host.Open(bg, hang, host.StartTimeout(50*time.Millisecond), events.option())
	require.ErrorIs(t, err, host.ErrLoad)
	_, err = host.Open(bg, good, host.StartTimeout(50*time.Millisecond))
	require.ErrorIs(t, err, host.ErrLoad)
	require.ErrorContains(t, err, "waiting for the load of another library")
	lib := must(host.Open(bg, good, host.StartTimeout(time.Minute)))(t)
	requireNothingLeft(t)(lib.Close(bg))
	assert.Eventually(t, func() bool { return events.states("1")[len(events.states("1"))-1] == host.Unloaded }, patience, poll)
	assert.Contains(t, events.states("1"), host.Quarantined)
}

// A load that is given up at any moment leaves nothing, also when the library's runtime has
// just begun to start.
func TestLoadIsGivenUpAtAnyMoment(t *testing.T) {
	needUnload(t)
	path := libtest.Build(t, "crash", "1")
	requireNothingLeft(t)(must(host.Open(bg, path))(t).Close(bg))
	before := holdings(t)
	for i := range 150 {
		ctx, cancel := context.WithCancel(bg)
		timer := time.AfterFunc(time.Duration(i)*100*time.Microsecond, cancel)
		lib, err := host.Open(ctx, path)
		timer.Stop()
		cancel()
		if err == nil {
			requireNothingLeft(t)(lib.Close(bg))
			continue
		}
		require.ErrorIs(t, err, context.Canceled)
	}
	assert.Eventually(t, func() bool { return len(holdings(t)) <= len(before) }, patience, poll)
}
