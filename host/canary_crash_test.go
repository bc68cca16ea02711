package host_test

import (
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// crashBeside is a slot where v1 of crash serves and v2 is the canary.
func crashBeside(t *testing.T, share host.Share, opts ...host.Option) *host.Slot {
	t.Helper()
	slot := newSlot(t, "crash", []string{libtest.Build(t, "crash", "1")}, opts...)
	must(slot.Canary(t.Context(), libtest.Build(t, "crash", "2"), share, host.Promotion{}))(t)
	return slot
}

// A canary that crashes takes with it the calls that are inside, and no other.
func TestCanaryCrashesUnderCalls(t *testing.T) {
	const callers, sleepers, rounds = 8, 3, 5
	for range rounds {
		var j journal
		slot := crashBeside(t, host.Share{Percent: 20, Keys: []string{"tester"}}, j.option())
		v := newVictim(t, slot)
		tester := host.WithKey(bg, "tester")
		inside := must(host.Func0[int64](slot, "Inside"))(t)
		sleep := must(host.Func1[int64, int64](slot, "Sleep"))(t)
		crash := must(host.Func1[string, host.None](slot, "Crash"))(t)

		var calls, lost [callers]atomic.Int64
		var ended atomic.Bool
		var wg sync.WaitGroup
		for i := range callers {
			wg.Go(func() {
				for !ended.Load() {
					err := v.add()
					calls[i].Add(1)
					runtime.Gosched() // all callers but two wait for a processor
					var c *host.Crash
					if errors.As(err, &c) && c.Version == "2" {
						lost[i].Add(1)
					} else if !assert.NoError(t, err) {
						return
					}
				}
			})
		}
		for range sleepers {
			wg.Go(func() {
				_, err := sleep(tester, 3600_000)
				crashed(t, err, "2")
			})
		}
		require.Eventually(t, func() bool { n, err := inside(tester); return err == nil && n == sleepers }, patience, poll)
		_, err := crash(tester, "exit")
		crashed(t, err, "2")
		assert.Equal(t, "1", must(slot.Call(tester, "Add", 1, 2))(t).Version, "at once")
		for i := range callers {
			before := calls[i].Load()
			require.Eventually(t, func() bool { return calls[i].Load() > before+10 }, patience, poll)
		}
		ended.Store(true)
		wg.Wait()
		for i := range callers {
			assert.LessOrEqual(t, lost[i].Load(), int64(1), "a caller is inside once")
		}
		requireOver(t, slot, &j, "canary aborted: crash v2 crashed: ")
		_, err = slot.Close(t.Context())
		require.NoError(t, err)
	}
}

// A crash of the current version is handled as usual for its own calls; the canary
// keeps its share.
func TestCurrentCrashesBesideACanary(t *testing.T) {
	slot := crashBeside(t, host.Share{Keys: []string{"tester"}})
	v := newVictim(t, slot)
	crashed(t, v.crash("exit"), "1")
	require.NoError(t, v.add())
	assert.Equal(t, "1", slot.Current().Version(), "loaded again")
	assert.Equal(t, "2", must(slot.Call(host.WithKey(bg, "tester"), "Add", 1, 2))(t).Version)
	assert.Equal(t, "2", must(slot.Promote(t.Context()))(t).Version)
	require.NoError(t, v.add())
}

// If there is nothing else to fall back to, the canary serves.
func TestCanaryIsTheLastThatIsLeft(t *testing.T) {
	var j journal
	slot := crashBeside(t, host.Share{}, j.option(), host.CrashLimit(1, time.Hour))
	v := newVictim(t, slot)
	crashed(t, v.crash("exit"), "1")
	require.NoError(t, v.add(), "it waited")
	assert.Equal(t, "2", slot.Current().Version())
	require.Eventually(t, func() bool { return j.tells("promoted: v1 crashed, and there is no other") }, patience, poll)
	_, err := slot.Promote(t.Context())
	require.ErrorIs(t, err, host.ErrNoCanary)
	crashed(t, v.crash("exit"), "2")
	crashed(t, v.add(), "2") // now there is none
}
