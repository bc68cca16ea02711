package host_test

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

var wholeLife = []host.State{host.Verified, host.Loaded, host.Started, host.Healthy, host.Serving,
	host.Retiring, host.Drained, host.Unloaded}

func TestEventsAndVersionsOfASlot(t *testing.T) {
	version := stamped(t, libtest.Greeter(t, "1"))
	var j journal
	slot := newSlot(t, "greeter", nil, j.option())
	assert.Equal(t, "greeter", slot.Name())
	assert.Nil(t, slot.Current())
	assert.Empty(t, slot.Versions())
	file := func(v string) string {
		path := filepath.Join(t.TempDir(), "libgreeter.v"+v+".so")
		require.NoError(t, os.WriteFile(path, version(v), 0o644))
		return path
	}
	one, two := file("1"), file("2")
	swap := must(slot.Swap(t.Context(), one))(t)
	assert.Equal(t, "1", swap.Version)
	assert.Nil(t, swap.Old)
	_, err := slot.Swap(t.Context(), filepath.Join(t.TempDir(), "none.so"))
	assert.ErrorIs(t, err, host.ErrNotFound)
	must(slot.Swap(t.Context(), two))(t)
	requireNothingLeft(t)(slot.Close(t.Context()))

	assert.Equal(t, wholeLife, j.states("1"))
	assert.Equal(t, wholeLife, j.states("2"))
	assert.Equal(t, []host.State{host.Found, host.Found, host.Refused, host.Found}, j.states(""), "before the version is known")
	last := time.Time{}
	for _, e := range j.all() {
		assert.Equal(t, "greeter", e.Name)
		assert.NotEmpty(t, e.File)
		assert.False(t, e.Time.Before(last), "in order")
		assert.Equal(t, e.State == host.Refused, e.Err != nil)
		last = e.Time
	}
	versions := slot.Versions()
	require.Len(t, versions, 3)
	assert.Equal(t, one, versions[0].File)
	assert.Equal(t, host.Unloaded, versions[0].State)
	assert.Equal(t, host.Refused, versions[1].State)
	assert.NotEmpty(t, versions[1].Reason)
	assert.Equal(t, "2", versions[2].Version)
}

func TestClosedSlot(t *testing.T) {
	path := libtest.Greeter(t, "1")
	slot := newSlot(t, "greeter", []string{path})
	requireNothingLeft(t)(slot.Close(t.Context()))
	held := holdings(t)
	assert.Nil(t, slot.Current())
	report, err := slot.Close(t.Context())
	assert.Nil(t, report)
	assert.NoError(t, err)
	_, err = slot.Swap(t.Context(), path)
	assert.ErrorIs(t, err, host.ErrClosed)
	assert.ElementsMatch(t, held, holdings(t), "nothing was loaded")
}

// The version that serves can't be closed behind its slot's back, not even by the
// host's own check.
func TestALibraryBelongsToItsSlot(t *testing.T) {
	path := libtest.Greeter(t, "1")
	refused := func(lib *host.Library) {
		report, err := lib.Close(t.Context())
		assert.Nil(t, report)
		assert.ErrorIs(t, err, host.ErrBusy)
		assert.ErrorContains(t, err, "belongs to a slot")
	}
	slot := newSlot(t, "greeter", []string{path}, host.Check(func(_ context.Context, lib *host.Library) error {
		refused(lib)
		return nil
	}))
	refused(slot.Current())
	r := must(slot.Call(t.Context(), "Add", 1, 2))(t)
	assert.EqualValues(t, 3, r.Value)
}

// Swaps that are requested at the same time happen one after the other: there are never
// more than two versions.
func TestConcurrentSwaps(t *testing.T) {
	const goroutines, rounds = 4, 5
	version := stamped(t, libtest.Greeter(t, "1"))
	var j journal
	slot := newSlot(t, "greeter", nil, j.option(), host.AllowDowngrade())
	var wg sync.WaitGroup
	for i := range goroutines {
		path := filepath.Join(t.TempDir(), strconv.Itoa(i)+".so")
		require.NoError(t, os.WriteFile(path, version(strconv.Itoa(i+1)), 0o644))
		wg.Go(func() {
			for range rounds {
				swap, err := slot.Swap(t.Context(), path)
				if !assert.NoError(t, err) || !assert.Equal(t, strconv.Itoa(i+1), swap.Version) {
					return
				}
				assert.True(t, swap.Old == nil || swap.Old.State == host.Unloaded)
			}
		})
	}
	wg.Wait()
	serving := 0
	for _, v := range slot.Versions() {
		if v.State == host.Serving {
			serving++
			assert.Equal(t, slot.Current().Version(), v.Version)
			continue
		}
		assert.Equal(t, host.Unloaded, v.State)
	}
	assert.Equal(t, 1, serving)

	loaded := 0
	for _, e := range j.all() {
		switch e.State {
		case host.Loaded:
			loaded++
		case host.Unloaded:
			loaded--
		}
		assert.LessOrEqual(t, loaded, 2)
	}
	assert.Equal(t, 1, loaded)
}

// A function may be bound while versions change.
func TestBindWhileSwapping(t *testing.T) {
	path := libtest.Greeter(t, "1")
	slot := newSlot(t, "greeter", []string{path})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for n := range int32(50) {
				add, err := host.Func2[int32, int32, int32](slot, "Add")
				if !assert.NoError(t, err) {
					return
				}
				sum, err := add(t.Context(), n, 1)
				assert.NoError(t, err)
				assert.Equal(t, n+1, sum)
			}
		})
	}
	for range 20 {
		must(slot.Swap(t.Context(), path))(t)
	}
	wg.Wait()
}

// A slot forgets versions that are gone, and never one that is still there.
func TestSlotForgets(t *testing.T) {
	slot := newSlot(t, "greeter", []string{libtest.Greeter(t, "1")})
	none := filepath.Join(t.TempDir(), "none.so")
	for range 100 {
		_, err := slot.Swap(t.Context(), none)
		require.ErrorIs(t, err, host.ErrNotFound)
	}
	versions := slot.Versions()
	assert.Less(t, len(versions), 100)
	assert.Equal(t, host.Serving, versions[0].State)
}

// Two libraries side by side: one with a state and a goroutine of its own.
func TestTwoKindsOfLibrary(t *testing.T) {
	counter1, counter2 := libtest.Build(t, "counter", "1"), libtest.Build(t, "counter", "2")
	greeter1, greeter2 := libtest.Greeter(t, "1"), libtest.Greeter(t, "2")
	back := host.AllowDowngrade()
	counter, greeter := newSlot(t, "counter", nil, back), newSlot(t, "greeter", nil, back)
	increment := must(host.Func0[int64](counter, "Increment"))(t)
	ticks := must(host.Func0[int64](counter, "Ticks"))(t)
	greet := must(host.Func0[string](greeter, "Greet"))(t)

	both := func(greeting string, total int64) {
		t.Helper()
		assert.Equal(t, greeting, must(greet(t.Context()))(t))
		assert.Equal(t, total, must(increment(t.Context()))(t))
		require.Eventually(t, func() bool { n, err := ticks(t.Context()); return err == nil && n > 1 },
			patience, time.Millisecond, "its goroutine runs")
	}
	swap := func(slot *host.Slot, path string) { t.Helper(); must(slot.Swap(t.Context(), path))(t) }

	swap(counter, counter1)
	swap(greeter, greeter1)
	both("Hello, Golang!", 1)
	swap(greeter, greeter2)
	both("Hello, Golang! (v2)", 2)
	swap(counter, counter2)
	both("Hello, Golang! (v2)", 3) // with the state of the previous version
	swap(counter, counter1)
	swap(greeter, greeter1)
	both("Hello, Golang!", 4)
	requireNothingLeft(t)(counter.Close(t.Context()))
	assert.Equal(t, "Hello, Golang!", must(greet(t.Context()))(t))
}

// As many libraries as there are TLS slots live side by side. One more is
// refused before anything of it is loaded.
func TestTooManyLibraries(t *testing.T) {
	needUnload(t)
	most := leaveSlots(t, 16)
	path := libtest.Build(t, "counter", "1")
	var libs []*host.Library
	for n := range most {
		lib := open(t, path)
		for range n {
			must(lib.Call(t.Context(), "Increment"))(t)
		}
		libs = append(libs, lib)
	}
	held := holdings(t)
	_, err := host.Open(t.Context(), path)
	var e *host.Error
	require.ErrorAs(t, err, &e)
	assert.ErrorIs(t, err, host.ErrTooMany)
	assert.Equal(t, host.StepLoad, e.Step)
	assert.Equal(t, path, e.File)
	assert.ElementsMatch(t, held, holdings(t))

	for n, lib := range libs {
		assert.EqualValues(t, n, must(lib.Call(t.Context(), "Total"))(t).Value)
	}
	requireNothingLeft(t)(libs[0].Close(t.Context())) // not the last one that was loaded
	lib := open(t, path)
	assert.Equal(t, int64(0), must(lib.Call(t.Context(), "Total"))(t).Value)
	for n, lib := range libs[1:] {
		assert.EqualValues(t, n+1, must(lib.Call(t.Context(), "Total"))(t).Value)
	}
}

// A version is replaced by an older one only if the host allows it; the same one
// may be loaded again.
func TestNoSilentDowngrade(t *testing.T) {
	version := stamped(t, libtest.Greeter(t, "1"))
	at := func(v string) string {
		path := filepath.Join(t.TempDir(), "libgreeter.v"+v+".so")
		require.NoError(t, os.WriteFile(path, version(v), 0o644))
		return path
	}
	v9, v10, rc, older := at("9"), at("10"), at("10.0.0-rc1"), at("9.9")
	slot := newSlot(t, "greeter", []string{v9, rc, v10, v10})
	for _, path := range []string{v9, rc, older} {
		_, err := slot.Swap(t.Context(), path)
		require.ErrorIs(t, err, host.ErrDowngrade, path)
		require.ErrorIs(t, err, host.ErrRefused)
	}
	assert.Equal(t, "10", slot.Current().Version())
	newSlot(t, "greeter", []string{v10, rc, v9}, host.AllowDowngrade())
}
