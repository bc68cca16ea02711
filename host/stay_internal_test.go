package host

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/invoke"
	"github.com/hotso/hotso/host/internal/libtest"
)

// The watchdog ends when nobody calls, and starts again.
func TestWatchdogRests(t *testing.T) {
	lib, err := Open(t.Context(), libtest.Greeter(t, "1"))
	require.NoError(t, err)
	add, err := Func2[int32, int32, int32](lib, "Add", Stay())
	require.NoError(t, err)
	rests := func() bool { running, _ := invoke.Watchdog(lib.v.Target); return !running }
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for range 2 {
		_, err := add(ctx, 40, 2)
		require.NoError(t, err)
		_, leases := invoke.Watchdog(lib.v.Target)
		assert.NotZero(t, leases)
		require.Eventually(t, rests, 20*invoke.WatchIdle, invoke.WatchInterval)
	}
	_, err = add(ctx, 40, 2)
	require.NoError(t, err)
	_, err = lib.Close(t.Context())
	require.NoError(t, err)
	require.Eventually(t, rests, 20*invoke.WatchIdle, invoke.WatchInterval)
}
