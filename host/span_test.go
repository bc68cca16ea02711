package host_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// Results of every size in every order: the memory that a call sets aside
// adapts to them, and no result shares memory with another.
func TestResultsOfEverySize(t *testing.T) {
	lib, err := host.Open(t.Context(), libtest.Build(t, "echo", "1"))
	require.NoError(t, err)
	defer lib.Close(t.Context())
	big, err := host.Func2[uint64, uint8, []byte](lib, "Big")
	require.NoError(t, err)
	text, err := host.Func1[string, string](lib, "Text")
	require.NoError(t, err)
	calls, err := host.Func0[int64](lib, "Calls")
	require.NoError(t, err)

	sizes := []uint64{0, 1, 511, 512, 513, 600, 60_000, 59_000, 10, 70_000, 1 << 20, 3 << 20, 3 << 20, 0, 513}
	results := make([][]byte, len(sizes))
	for i, n := range sizes {
		results[i], err = big(t.Context(), n, uint8(i))
		require.NoError(t, err)
		s, err := text(t.Context(), string(bytes.Repeat([]byte{byte('a' + i)}, int(n))))
		require.NoError(t, err)
		assert.Equal(t, string(bytes.Repeat([]byte{byte('a' + i)}, int(n))), s)
	}
	for i, n := range sizes {
		assert.Equal(t, bytes.Repeat([]byte{uint8(i)}, int(n)), append([]byte{}, results[i]...), "result %d", i)
		assert.LessOrEqual(t, cap(results[i]), max(2*int(n), 64), "result %d keeps memory that it does not need", i)
	}
	n, err := calls(t.Context())
	require.NoError(t, err)
	assert.EqualValues(t, len(sizes), n, "a result that did not fit is fetched, not computed again")
}

// No typed call allocates beyond its result, whether its context can end or not.
func TestCallsAllocateTheirResultOnly(t *testing.T) {
	needUnload(t)
	if raceEnabled {
		t.Skip("the race detector has sync.Pool drop frames")
	}
	bg := context.Background()
	lib, err := host.Open(bg, libtest.Greeter(t, "1"))
	require.NoError(t, err)
	defer lib.Close(bg)
	echo, err := host.Open(bg, libtest.Build(t, "echo", "1"))
	require.NoError(t, err)
	defer echo.Close(bg)
	add, err := host.Func2[int32, int32, int32](lib, "Add")
	require.NoError(t, err)
	greet, err := host.Func1[string, string](lib, "GreetName")
	require.NoError(t, err)
	echoBytes, err := host.Func1[[]byte, []byte](echo, "Bytes")
	require.NoError(t, err)
	stays, err := host.Func2[int32, int32, int32](lib, "Add", host.Stay())
	require.NoError(t, err)
	data := bytes.Repeat([]byte{'x'}, 64<<10)

	for name, ctx := range map[string]context.Context{"endless": bg, "can end": t.Context()} {
		t.Run(name, func(t *testing.T) {
			assert.Zero(t, testing.AllocsPerRun(1000, func() { _, err = add(ctx, 40, 2) }))
			require.NoError(t, err)
			assert.Zero(t, testing.AllocsPerRun(1000, func() { _, err = stays(ctx, 40, 2) }))
			require.NoError(t, err)
			assert.EqualValues(t, 1, testing.AllocsPerRun(1000, func() { _, err = greet(ctx, "Ada") }))
			require.NoError(t, err)
			assert.EqualValues(t, 1, testing.AllocsPerRun(1000, func() { _, err = echoBytes(ctx, data) }))
			require.NoError(t, err)
		})
	}
}
