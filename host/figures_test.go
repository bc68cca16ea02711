package host_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// Fast calls are sampled, and each sample counts for those that were not timed.
func TestCallsAreMeasured(t *testing.T) {
	slot := newSlot(t, "greeter", []string{libtest.Greeter(t, "1")}, host.MeasureCalls())
	add, err := host.Func2[int32, int32, int32](slot, "Add")
	require.NoError(t, err)
	const calls = 10_000
	for range calls {
		must(add(bg, 1, 2))(t)
	}
	f := slot.Current().Figures()
	assert.EqualValues(t, calls, f.Calls)
	assert.Zero(t, f.InFlight)
	assert.Empty(t, f.Failures)
	assert.InDelta(t, calls, f.Latency.Count(), 64*16, "some of each lease are not counted yet")
	assert.Positive(t, f.Latency.Sum)
	assert.Positive(t, f.Latency.Quantile(0.5))
	assert.LessOrEqual(t, f.Latency.Quantile(0.5), f.Latency.Quantile(0.99))

	ended := host.NewSlot("greeter")
	must(ended.Swap(t.Context(), libtest.Greeter(t, "1")))(t)
	must(ended.Call(t.Context(), "Greet"))(t)
	must(ended.Close(t.Context()))(t)
	last := ended.Figures().Versions[0]
	assert.EqualValues(t, 1, last.Figures.Calls, "those of a version that has left stay known")
	assert.Zero(t, last.Figures.Latency.Count(), "nobody has asked for it")
}

// All slow calls are, also those that their callers leave behind or wait for with a context.
func TestSlowCallsAreMeasured(t *testing.T) {
	slot := newSlot(t, "crash", []string{crashing(t, "1", "")}, host.MeasureCalls())
	sleep, err := host.Func1[int64, int64](slot, "Sleep")
	require.NoError(t, err)
	for range 5 {
		must(sleep(bg, 2))(t)
		must(sleep(t.Context(), 2))(t)
	}
	latency := slot.Current().Figures().Latency
	assert.EqualValues(t, 10, latency.Count())
	assert.GreaterOrEqual(t, latency.Sum, 20*time.Millisecond)
	assert.GreaterOrEqual(t, latency.Quantile(0), 2*time.Millisecond)
}

func TestFailuresByKind(t *testing.T) {
	lib := open(t, libtest.Build(t, "panics", "1"))
	for _, name := range []string{"Fail", "Status"} {
		_, err := lib.Call(bg, name)
		require.Error(t, err, name)
	}
	assert.Equal(t, map[host.FailureKind]int64{host.FailedError: 1, host.FailedPanic: 1}, lib.Figures().Failures)
}

// What a slot does with versions adds up.
func TestSlotFigures(t *testing.T) {
	v1, v2 := crashing(t, "1", ""), crashing(t, "2", "")
	slot := newSlot(t, "crash", []string{v1, v2})
	torn := filepath.Join(t.TempDir(), filepath.Base(v2))
	require.NoError(t, os.WriteFile(torn, []byte("torn"), 0o600))
	_, err := slot.Swap(t.Context(), torn)
	require.ErrorIs(t, err, host.ErrNotELF)
	_, err = slot.Call(t.Context(), "Crash", "exit")
	require.ErrorIs(t, err, host.ErrCrashed)
	require.Eventually(t, func() bool { return slot.Figures().Reached[host.Unloaded] == 2 }, patience, time.Millisecond)

	f := slot.Figures()
	assert.Equal(t, "crash", f.Name)
	assert.EqualValues(t, 1, f.Reached[host.Refused])
	assert.EqualValues(t, 1, f.Refused["not-elf"])
	assert.EqualValues(t, map[host.CrashKind]int64{host.CrashExit: 1}, f.Crashes)
	assert.EqualValues(t, 2, f.Unload.Count())
	assert.Positive(t, f.Freed[host.Threads].Freed)
	assert.Zero(t, f.Freed[host.Threads].Left)
	assert.Positive(t, f.Freed[host.Image].Bytes)
	assert.Zero(t, f.Waiting)
}
