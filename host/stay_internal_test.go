package host

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/libtest"
)

// The watchdog goes when nobody calls, and comes back.
func TestWatchdogRests(t *testing.T) {
	lib, err := Open(t.Context(), libtest.Greeter(t, "1"))
	require.NoError(t, err)
	add, err := Func2[int32, int32, int32](lib, "Add", Stay())
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for range 2 {
		_, err := add(ctx, 40, 2)
		require.NoError(t, err)
		lib.watchdog.mu.Lock()
		assert.NotEmpty(t, lib.watchdog.seats)
		lib.watchdog.mu.Unlock()
		require.Eventually(t, func() bool { return !lib.watchdog.running.Load() }, 20*watchIdle, watchInterval)
	}
	_, err = add(ctx, 40, 2)
	require.NoError(t, err)
	_, err = lib.Close(t.Context())
	require.NoError(t, err)
	require.Eventually(t, func() bool { return !lib.watchdog.running.Load() }, 20*watchIdle, watchInterval)
}
