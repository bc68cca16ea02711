package host_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/cabi/abi/manifest"
	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libbuild"
	"github.com/hotso/hotso/host/internal/libtest"
)

// exclusive returns the file of a version of library exclusive.
func exclusive(t *testing.T, version string) string { return exclusiveAs(t, "", version) }

// exclusiveAs is exclusive under another name.
func exclusiveAs(t *testing.T, name, version string) string {
	return writeLibrary(t, version, stampedAs(t, libtest.Build(t, "exclusive", "0"), name))
}

// inclusive returns one that does not say that it is exclusive, though it is.
func inclusive(t *testing.T, version string) string {
	tags := func(o *libbuild.Options) { o.Tags = "shared" }
	return writeLibrary(t, version, stamped(t, libtest.Build(t, "exclusive", "0", tags)))
}

func writeLibrary(t *testing.T, version string, stamped func(version string) []byte) string {
	path := filepath.Join(t.TempDir(), "library.so")
	require.NoError(t, os.WriteFile(path, stamped(version), 0o666))
	return path
}

// failing has what the library says go wrong in a version.
func failing(version, what string) host.Option { return host.Environ("FAIL" + version + "=" + what) }

// lockFile has all versions of a slot hold the same lock.
func lockFile(t *testing.T) host.Option {
	return host.Environ("LOCK=" + filepath.Join(t.TempDir(), "lock"))
}

// counting calls from eight goroutines, whose calls may not fail, and returns what ends that:
// then each call must have been counted once.
func counting(t *testing.T, slot *host.Slot) (stop func()) {
	increment := must(host.Func0[int64](slot, "Increment"))(t)
	begin := must(increment(t.Context()))(t)
	var calls atomic.Int64
	var last [8]int64
	ended := traffic(t, func(i, _ int) error {
		n, err := increment(t.Context())
		if err == nil && n <= last[i] {
			err = fmt.Errorf("%d after %d", n, last[i])
		}
		last[i] = n
		calls.Add(1)
		return err
	})
	return func() {
		ended()
		assert.Equal(t, begin+calls.Load()+1, must(increment(t.Context()))(t))
		assert.Positive(t, calls.Load())
	}
}

// Each version holds the lock alone, and no call is lost.
func TestOneHolderAtATime(t *testing.T) {
	for name, c := range map[string]struct {
		paths []string
		opts  []host.Option
	}{
		"by the library": {[]string{exclusive(t, "1"), exclusive(t, "2")}, nil},
		"by the host":    {[]string{inclusive(t, "1"), inclusive(t, "2")}, []host.Option{host.Exclusive()}},
	} {
		t.Run(name, func(t *testing.T) {
			var j journal
			slot := newSlot(t, "exclusive", c.paths[:1], append(c.opts, host.AllowDowngrade(), lockFile(t), failing("2", "stop"), j.option())...)
			stop := counting(t, slot)
			var longest, sum time.Duration
			for i := range *handovers {
				swap := must(slot.Swap(t.Context(), c.paths[(i+1)%2]))(t)
				require.Positive(t, swap.Pause)
				require.Equal(t, host.Unloaded, swap.Old.State)
				longest, sum = max(longest, swap.Pause), sum+swap.Pause
			}
			stop()
			assert.Equal(t, []host.State{host.Verified, host.Loaded, host.Started, host.Restored, host.Healthy, host.Serving,
				host.Retiring, host.Drained, host.Unloaded}, j.states("2")[:9])
			assert.True(t, j.tells("took over from v1, calls waited "))
			t.Logf("%d swaps, pause %v on average, at most %v", *handovers, sum/time.Duration(*handovers), longest)
		})
	}
}

// What the new version fails at, the old one serves on, with its state; and no call notices.
func TestATakeoverThatFailsIsUndone(t *testing.T) {
	for fail, c := range map[string]struct {
		old, new string
		reason   error
		says     string
		stays    bool // the old version had not left yet
	}{
		"start":        {"", "start", host.ErrStart, "start fails as told", false},
		"hang-start":   {"", "hang-start", host.ErrStart, "the start hook did not end within", false},
		"crash-start":  {"", "crash-start", host.ErrCrashed, "exit with status 3", false},
		"restore":      {"", "restore", host.ErrState, "restore: restore fails as told", false},
		"health":       {"", "health", host.ErrUnhealthy, "health fails as told", false},
		"crash-health": {"", "crash-health", host.ErrCrashed, "exit with status 3", false},
		"check":        {"", "", host.ErrUnhealthy, "checked", false},
		"save":         {"save", "", host.ErrState, "save: save fails as told", true},
		"hang-save":    {"hang-save", "", host.ErrState, "the save hook did not end within", true},
	} {
		t.Run(fail, func(t *testing.T) {
			var j journal
			check := host.Check(func(_ context.Context, lib *host.Library) error {
				if lib.Version() == "2" && fail == "check" {
					return errors.New("checked")
				}
				return nil
			})
			handover, start := patience, patience
			switch fail { // what goes well has the same limits, and a busy machine takes its time
			case "hang-save":
				handover = time.Second
			case "hang-start":
				start = 2 * time.Second
			}
			slot := newSlot(t, "exclusive", []string{exclusive(t, "1")}, lockFile(t), j.option(), check, failing("1", c.old), failing("2", c.new),
				host.HandoverTimeout(handover), host.StartTimeout(start))
			stop := counting(t, slot)
			swap, err := slot.Swap(t.Context(), exclusive(t, "2"))
			stop()
			assert.Nil(t, swap)
			require.ErrorIs(t, err, c.reason)
			assert.ErrorContains(t, err, c.says)
			assert.Equal(t, "1", slot.Current().Version())
			assert.Equal(t, !c.stays, j.tells("back from v2, calls waited "))
			assert.Equal(t, !c.stays, slices.Contains(j.states("1"), host.Unloaded))
			assert.Contains(t, j.states("2"), host.Failed)
			assert.NotContains(t, j.states("2"), host.Serving)
			_, err = slot.Rollback(t.Context())
			assert.ErrorIs(t, err, host.ErrNoneBefore)
		})
	}
}

// A crash of the old version on its way out does not keep the new one from starting, nor is the old
// one started beside it.
func TestATakeoverFromAVersionThatCrashes(t *testing.T) {
	for _, fail := range []string{"crash-stop", "crash-save"} {
		t.Run(fail, func(t *testing.T) {
			var j journal
			slot := newSlot(t, "exclusive", []string{exclusive(t, "1")}, lockFile(t), failing("1", fail), j.option())
			_, err := slot.Swap(t.Context(), exclusive(t, "2"))
			require.NoError(t, err)
			assert.Equal(t, "2", slot.Current().Version())
			assert.Contains(t, j.states("1"), host.Crashed)
			assert.False(t, j.tells("fallback"))
			must(slot.Call(t.Context(), "Increment"))(t)
		})
	}
}

// If both go wrong, the old version is back all the same.
func TestBothVersionsOfATakeoverFail(t *testing.T) {
	for _, fail := range []string{"crash-stop", "hang-stop", "crash-save"} {
		t.Run(fail, func(t *testing.T) {
			slot := newSlot(t, "exclusive", []string{exclusive(t, "1")}, lockFile(t), failing("1", fail), failing("2", "start"), host.StopTimeout(100*time.Millisecond))
			_, err := slot.Swap(t.Context(), exclusive(t, "2"))
			require.ErrorIs(t, err, host.ErrStart)
			must(slot.Call(t.Context(), "Increment"))(t)
			assert.Equal(t, "1", slot.Current().Version())
		})
	}
}

// After a crash a version is started when nothing of the dead one is left.
func TestOneHolderAfterACrash(t *testing.T) {
	var j journal
	slot := newSlot(t, "exclusive", []string{exclusive(t, "1"), exclusive(t, "2")}, lockFile(t), j.option(), host.CrashLimit(1000, time.Minute))
	for range 10 {
		_, err := slot.Call(t.Context(), "Exit")
		require.ErrorIs(t, err, host.ErrCrashed)
		must(slot.Call(t.Context(), "Increment"))(t)
	}
	assert.Equal(t, 10, len(indices(j.all(), host.Crashed)))
	assert.False(t, j.tells("another version holds"))
	live := 0
	for _, e := range j.all() {
		switch e.State {
		case host.Loaded: // the first of its steps that a crash does not overtake
		case host.Started:
			live++
			assert.Equal(t, 1, live, "v%s is started beside another", e.Version)
		case host.Unloaded:
			live--
		}
	}
}

// A dead version that does not leave holds what it held: until it has left, nothing is started.
func TestNothingIsStartedBesideADeadVersion(t *testing.T) {
	var j journal
	held, holding := make(chan struct{}), make(chan struct{}, 100)
	hold := host.Provide0("Held", func() (host.None, error) { holding <- struct{}{}; <-held; return host.None{}, nil })
	slot := newSlot(t, "exclusive", []string{exclusive(t, "1")}, lockFile(t), j.option(), failing("1", "held"), hold,
		host.TakeoverTimeout(100*time.Millisecond))
	<-holding
	_, err := slot.Call(t.Context(), "Exit")
	require.ErrorIs(t, err, host.ErrCrashed)
	require.Eventually(t, func() bool { return j.tells("v1, which may hold what this one needs, is still in the process") }, patience, time.Millisecond)
	_, err = slot.Call(t.Context(), "Increment")
	require.ErrorIs(t, err, host.ErrCrashed)
	close(held)
	require.Eventually(t, func() bool {
		_, err := slot.Call(t.Context(), "Increment")
		return err == nil
	}, patience, time.Millisecond)
	assert.False(t, j.tells("another version holds"))
}

func indices(events []host.Event, s host.State) (at []int) {
	for i, e := range events {
		if e.State == s {
			at = append(at, i)
		}
	}
	return at
}

func TestARollbackTakesOver(t *testing.T) {
	var j journal
	slot := newSlot(t, "exclusive", []string{exclusive(t, "1"), exclusive(t, "2")}, lockFile(t), j.option(), host.BlueGreen(time.Hour))
	stop := counting(t, slot)
	swap := must(slot.Rollback(t.Context()))(t)
	stop()
	assert.Equal(t, "1", swap.Version)
	assert.Positive(t, swap.Pause)
	assert.NotNil(t, swap.Handover)
	assert.Equal(t, host.Unloaded, swap.Old.State)
	assert.NotContains(t, j.states("1"), host.Warm)
	_, err := slot.Rollback(t.Context())
	assert.ErrorIs(t, err, host.ErrNoneBefore)
}

// A version on probation has none beside it; if it breaks the rule, the one before takes over.
func TestProbationWithoutAWarmVersion(t *testing.T) {
	rule := host.Rule{Errors: 0.1, Calls: 1, Health: 10 * time.Millisecond}
	t.Run("fails", func(t *testing.T) {
		var j journal
		slot := newSlot(t, "exclusive", []string{exclusive(t, "1"), exclusive(t, "2")}, lockFile(t), j.option(), host.Probation(time.Hour, rule))
		_, err := slot.Swap(t.Context(), exclusive(t, "3"))
		require.NoError(t, err)
		_, err = slot.Call(t.Context(), "Fail")
		require.ErrorIs(t, err, host.ErrCall)
		require.Eventually(t, func() bool { return slot.Current().Version() == "1" }, patience, time.Millisecond, "the last that has passed")
		must(slot.Call(t.Context(), "Increment"))(t)
		assert.True(t, j.tells("more than 10 %"))
	})
	t.Run("crashes", func(t *testing.T) {
		slot := newSlot(t, "exclusive", []string{exclusive(t, "1"), exclusive(t, "2")}, lockFile(t), host.Probation(time.Hour, rule))
		_, err := slot.Call(t.Context(), "Exit")
		require.ErrorIs(t, err, host.ErrCrashed)
		must(slot.Call(t.Context(), "Increment"))(t)
		assert.Equal(t, "1", slot.Current().Version())
	})
	t.Run("passes", func(t *testing.T) {
		var j journal
		newSlot(t, "exclusive", []string{exclusive(t, "1"), exclusive(t, "2")}, lockFile(t), j.option(), host.Probation(time.Millisecond, rule))
		require.Eventually(t, func() bool { return j.tells("passed its probation") }, patience, time.Millisecond)
	})
}

// A canary would be a second one that is live: nothing is loaded.
func TestNoCanaryBesideAnExclusiveVersion(t *testing.T) {
	for name, c := range map[string]struct {
		name, serves, canary string
		opts                 []host.Option
	}{
		"the version that serves": {"exclusive", exclusive(t, "1"), inclusive(t, "2"), nil},
		"the canary":              {"greeter", libtest.Greeter(t, "1"), exclusiveAs(t, "greeter", "2"), nil},
		"the host":                {"exclusive", inclusive(t, "1"), inclusive(t, "2"), []host.Option{host.Exclusive()}},
	} {
		t.Run(name, func(t *testing.T) {
			var j journal
			slot := newSlot(t, c.name, []string{c.serves}, append(c.opts, lockFile(t), j.option())...)
			_, err := slot.Canary(t.Context(), c.canary, host.Share{Percent: 50}, host.Promotion{})
			assert.ErrorIs(t, err, host.ErrExclusive)
			assert.ErrorContains(t, err, "use Swap")
			assert.NotContains(t, j.states("2"), host.Loaded)
		})
	}
}

func last[T any](list []T) T { return list[len(list)-1] }

// While calls do not come out of the old version, nothing is taken from it.
func TestATakeoverIsGivenUpWhenCallsDoNotEnd(t *testing.T) {
	var j journal
	held := make(chan struct{})
	hold := host.Provide0("Held", func() (host.None, error) { <-held; return host.None{}, nil })
	slot := newSlot(t, "exclusive", []string{exclusive(t, "1")}, lockFile(t), j.option(), hold, host.HandoverTimeout(50*time.Millisecond))
	holds := make(chan error)
	go func() {
		_, err := slot.Call(context.Background(), "Hold")
		holds <- err
	}()
	require.Eventually(t, func() bool { return slot.Versions()[0].InFlight > 0 }, patience, time.Millisecond)
	_, err := slot.Swap(t.Context(), exclusive(t, "2"))
	require.ErrorIs(t, err, host.ErrBusy)
	assert.ErrorContains(t, err, "1 calls are still inside")
	must(slot.Call(t.Context(), "Increment"))(t)
	close(held)
	assert.NoError(t, <-holds)
	assert.NotContains(t, j.states("1"), host.Retiring)
	assert.Contains(t, j.states("2"), host.Unloaded)
}

// What can't be taken out of the process may hold anything: nothing is started beside it. When it has
// gone, the version that served is started again.
func TestATakeoverFromAVersionThatDoesNotGo(t *testing.T) {
	var j journal
	held, holding := make(chan struct{}), make(chan struct{}, 2)
	hold := host.Provide0("Held", func() (host.None, error) { holding <- struct{}{}; <-held; return host.None{}, nil })
	slot := newSlot(t, "exclusive", []string{exclusive(t, "1")}, lockFile(t), j.option(), failing("1", "held"), hold,
		host.TakeoverTimeout(100*time.Millisecond))
	increment := must(host.Func0[int64](slot, "Increment"))(t)
	<-holding
	must(increment(t.Context()))(t)
	_, err := slot.Swap(t.Context(), exclusive(t, "2"))
	require.ErrorIs(t, err, host.ErrBusy)
	assert.ErrorContains(t, err, "v1, which may hold what this one needs, is still in the process: ")
	_, err = increment(t.Context())
	require.ErrorIs(t, err, host.ErrEmpty)
	assert.ErrorContains(t, err, "v1 has left for v2, which failed, and can't be started again yet")
	close(held)
	var total int64
	require.Eventually(t, func() bool {
		total, err = increment(t.Context())
		return err == nil
	}, patience, time.Millisecond)
	assert.EqualValues(t, 2, total, "it has its state back")
	assert.Equal(t, "1", slot.Current().Version())
	assert.False(t, j.tells("another version holds"))
}

// A context that ends during the pause ends the takeover; a Close waits for it.
func TestATakeoverThatIsInterrupted(t *testing.T) {
	started := make(chan struct{}, 1)
	provided := host.Check(func(ctx context.Context, lib *host.Library) error {
		if lib.Version() == "2" {
			started <- struct{}{}
			<-ctx.Done()
			return ctx.Err()
		}
		return nil
	})
	t.Run("context", func(t *testing.T) {
		slot := newSlot(t, "exclusive", []string{exclusive(t, "1")}, lockFile(t), provided)
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-started; cancel() }()
		stop := counting(t, slot)
		_, err := slot.Swap(ctx, exclusive(t, "2"))
		stop()
		require.ErrorIs(t, err, context.Canceled)
		assert.Equal(t, "1", slot.Current().Version())
	})
	t.Run("close", func(t *testing.T) {
		slot := newSlot(t, "exclusive", []string{exclusive(t, "1")}, lockFile(t), provided, host.TakeoverTimeout(time.Second))
		closed := make(chan error)
		go func() {
			<-started
			_, err := slot.Close(context.Background())
			closed <- err
		}()
		_, err := slot.Swap(t.Context(), exclusive(t, "2"))
		require.ErrorIs(t, err, host.ErrUnhealthy)
		require.NoError(t, <-closed)
		_, err = slot.Call(t.Context(), "Increment")
		assert.ErrorIs(t, err, host.ErrClosed)
	})
	// Calls do not wait for ever.
	t.Run("calls", func(t *testing.T) {
		slot := newSlot(t, "exclusive", []string{exclusive(t, "1")}, lockFile(t), failing("2", "hang-start"), provided, host.TakeoverTimeout(300*time.Millisecond), host.StartTimeout(2*time.Second))
		swapped := make(chan error)
		path := exclusive(t, "2")
		go func() {
			_, err := slot.Swap(context.Background(), path)
			swapped <- err
		}()
		var err error
		require.Eventually(t, func() bool {
			_, err = slot.Call(t.Context(), "Increment")
			return err != nil
		}, patience, time.Millisecond)
		assert.ErrorIs(t, err, host.ErrPaused)
		assert.ErrorContains(t, err, "one version takes over from another, for ")
		require.ErrorIs(t, <-swapped, host.ErrStart)
		must(slot.Call(t.Context(), "Increment"))(t)
	})
}

// What the manifest says is what the image says, which is known of an unsealed library too.
func TestExclusiveIsInTheManifest(t *testing.T) {
	path := exclusive(t, "1")
	d := must(host.Inspect(path))(t)
	assert.True(t, d.Exclusive)
	assert.True(t, d.Manifest.Exclusive)
	d = must(host.Inspect(inclusive(t, "1")))(t)
	assert.False(t, d.Exclusive)
	assert.False(t, d.Manifest.Exclusive)

	sealed := must(manifest.Unseal(must(os.ReadFile(path))(t)))(t)
	require.NoError(t, os.WriteFile(path, sealed.Image, 0o666))
	assert.True(t, must(host.Inspect(path, host.AllowUnsealed()))(t).Exclusive)

	sealed.Manifest.Exclusive = false
	require.NoError(t, os.WriteFile(path, must(manifest.Seal(sealed.Image, sealed.Manifest))(t), 0o666))
	_, err := host.Inspect(path)
	require.ErrorIs(t, err, host.ErrSeal)
	assert.ErrorContains(t, err, "its manifest says exclusive: false, its image true")
}
