package host_test

import (
	"flag"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

var handovers = flag.Int("swaps", 60, "how often a state is handed over under traffic")

// traffic makes calls from 8 goroutines until stop. No call may fail.
func traffic(t *testing.T, call func(goroutine, n int) error) (stop func()) {
	var ended atomic.Bool
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := 1; !ended.Load(); n++ {
				if !assert.NoError(t, call(i, n)) {
					return
				}
				if n%20 == 0 {
					time.Sleep(time.Millisecond) // the swaps need a processor too
				}
			}
		})
	}
	return func() { ended.Store(true); wg.Wait() }
}

// Each increment is applied once, and to the state that lives on: no total is returned
// twice, and the last one is the number of calls.
func TestTheSumIsRightAfterManySwaps(t *testing.T) {
	paths := []string{libtest.Build(t, "counter", "1"), libtest.Build(t, "counter", "2")}
	slot := newSlot(t, "counter", paths[:1], host.AllowDowngrade())
	increment := must(host.Func0[int64](slot, "Increment"))(t)
	total := must(host.Func0[int64](slot, "Total"))(t)
	var calls atomic.Int64
	var last [8]int64
	stop := traffic(t, func(i, _ int) error {
		n, err := increment(t.Context())
		if err == nil && n <= last[i] {
			err = fmt.Errorf("%d after %d", n, last[i])
		}
		last[i] = n
		calls.Add(1)
		return err
	})
	var longest time.Duration
	for i := range *handovers {
		swap := must(slot.Swap(t.Context(), paths[(i+1)%2]))(t)
		assert.Positive(t, swap.Pause)
		require.NotNil(t, swap.Handover)
		assert.Positive(t, swap.Handover.Bytes)
		assert.False(t, swap.Handover.Lost)
		longest = max(longest, swap.Pause)
	}
	stop()
	assert.Equal(t, calls.Load(), must(total(t.Context()))(t))
	assert.Positive(t, calls.Load())
	t.Logf("%d calls, %d swaps, longest pause %v", calls.Load(), *handovers, longest)
}

type store struct {
	put func(id, value string) (before string, err error)
	get func(id string) (string, error)
}

func storeOf(t *testing.T, slot *host.Slot) store {
	put := must(host.Func2[string, string, string](slot, "Put"))(t)
	get := must(host.Func1[string, string](slot, "Get"))(t)
	return store{
		func(id, value string) (string, error) { return put(t.Context(), id, value) },
		func(id string) (string, error) { return get(t.Context(), id) },
	}
}

func sessions(t *testing.T, version, format, fail string) string {
	return libtest.Build(t, "sessions", version, libtest.LDFlags("-X main.format="+format+" -X main.fail="+fail))
}

// What was stored last in a session is there, whatever version is asked, up and down
// across a change of the format.
func TestSessionsLiveThroughSwaps(t *testing.T) {
	paths := []string{sessions(t, "1", "1", ""), sessions(t, "2", "2", "")}
	var j journal
	slot := newSlot(t, "sessions", paths[:1], host.AllowDowngrade(), j.option())
	s := storeOf(t, slot)
	var puts [8]int
	stop := traffic(t, func(i, n int) error {
		id := strconv.Itoa(i)
		before, err := s.put(id, strconv.Itoa(n))
		if want := strconv.Itoa(n - 1); err == nil && n > 1 && before != want {
			err = fmt.Errorf("session %s was %q, not %q", id, before, want)
		}
		puts[i] = n
		return err
	})
	for i := range *handovers {
		assert.Positive(t, must(slot.Swap(t.Context(), paths[(i+1)%2]))(t).Pause)
	}
	stop()
	for i, n := range puts {
		assert.Equal(t, strconv.Itoa(n), must(s.get(strconv.Itoa(i)))(t))
	}
	for _, e := range j.all() {
		if e.State == host.Restored {
			assert.Contains(t, e.Detail, "bytes of state from v")
			assert.Positive(t, e.Took)
		}
	}
	assert.Contains(t, j.states("2"), host.Restored)
}

// A version that can't take the state over never serves; the previous one goes on
// with all it has.
func TestAFailedHandoverIsUndone(t *testing.T) {
	for fail, c := range map[string]struct {
		old, new string
		reason   error
		says     string
	}{
		"save":          {"save", "", host.ErrState, "save: save fails as told"},
		"restore":       {"", "restore", host.ErrState, "restore: restore fails as told"},
		"hang-save":     {"hang-save", "", host.ErrState, "the save hook did not end within"},
		"hang-restore":  {"", "hang-restore", host.ErrState, "the restore hook did not end within"},
		"crash-restore": {"", "crash-restore", host.ErrCrashed, "exit with status 3"},
	} {
		t.Run(fail, func(t *testing.T) {
			timeout := patience
			if strings.HasPrefix(fail, "hang-") {
				timeout = 500 * time.Millisecond
			}
			slot := newSlot(t, "sessions", []string{sessions(t, "1", "1", c.old)}, host.HandoverTimeout(timeout))
			s := storeOf(t, slot)
			must(s.put("a", "x"))(t)
			stop := traffic(t, func(i, n int) error {
				_, err := s.put(strconv.Itoa(i), strconv.Itoa(n))
				return err
			})
			_, err := slot.Swap(t.Context(), sessions(t, "2", "1", c.new))
			stop()
			require.ErrorIs(t, err, c.reason)
			assert.ErrorContains(t, err, c.says)
			var e *host.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, host.StepHandOver, e.Step)
			assert.Equal(t, "1", slot.Current().Version())
			assert.Equal(t, "x", must(s.get("a"))(t))
			assert.Equal(t, host.Failed, slot.Versions()[1].State)
		})
	}
}

// If a call does not return, the state stays where it is.
func TestHandoverOfABusyVersion(t *testing.T) {
	slot := newSlot(t, "counter", []string{libtest.Build(t, "counter", "1")}, host.HandoverTimeout(500*time.Millisecond))
	release := make(chan struct{})
	inside := host.Hold(slot.Current(), release)
	<-inside
	_, err := slot.Swap(t.Context(), libtest.Build(t, "counter", "2"))
	require.ErrorIs(t, err, host.ErrBusy)
	assert.Equal(t, "1", slot.Current().Version())
	assert.EqualValues(t, 1, must(slot.Call(t.Context(), "Increment"))(t).Value)
	close(release)
	must(slot.Swap(t.Context(), libtest.Build(t, "counter", "2")))(t)
	assert.EqualValues(t, 2, must(slot.Call(t.Context(), "Increment"))(t).Value)
}

// A version that dies while it saves has no state to wait for: the new one starts
// without any.
func TestCrashWhileSaving(t *testing.T) {
	slot := newSlot(t, "sessions", []string{sessions(t, "1", "1", "crash-save")})
	must(slot.Swap(t.Context(), sessions(t, "2", "2", "")))(t)
	s := storeOf(t, slot)
	assert.Equal(t, "2", slot.Current().Version())
	_, err := s.get("a")
	require.ErrorIs(t, err, host.ErrCall)
}
