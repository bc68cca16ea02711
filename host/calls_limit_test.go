package host_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// waiters puts n callers inside, who leave when the test says so or ends. Who has a place, but has not
// got to the library then, is not answered by it.
func waiters(t *testing.T, slot *host.Slot, n int) (leave func()) {
	t.Helper()
	wait := must(host.Func0[host.None](slot, "Wait"))(t)
	ctx, cancel := context.WithCancel(bg)
	var callers sync.WaitGroup
	for range n {
		callers.Go(func() {
			_, err := wait(ctx)
			assert.ErrorIs(t, err, context.Canceled)
		})
	}
	leave = func() { cancel(); callers.Wait() }
	t.Cleanup(leave)
	lib := slot.Current()
	require.Eventually(t, func() bool { return lib.InFlight() == int64(n) }, patience, poll)
	return leave
}

func TestMaxCalls(t *testing.T) {
	slot := newSlot(t, "crash", []string{libtest.Build(t, "crash", "1")},
		host.MaxCalls(2, 0), host.CancelGrace(patience))
	add := must(host.Func2[int32, int32, int32](slot, "Add"))(t)
	lib := slot.Current()
	own := must(host.Func2[int32, int32, int32](lib, "Add"))(t)
	leave := waiters(t, slot, 2)
	calls := map[string]func() error{
		"typed": func() error { _, err := add(bg, 1, 2); return err },
		"typed, bounded": func() error {
			ctx, end := context.WithTimeout(bg, patience)
			defer end()
			_, err := add(ctx, 1, 2)
			return err
		},
		"typed, of a version":   func() error { _, err := own(bg, 1, 2); return err },
		"by name":               func() error { _, err := slot.Call(bg, "Add", 1, 2); return err },
		"by name, of a version": func() error { _, err := lib.Call(bg, "Add", 1, 2); return err },
	}
	for name, call := range calls {
		err := call()
		require.ErrorIs(t, err, host.ErrTooManyCalls, name)
		assert.ErrorContains(t, err, "2 are inside", name)
	}
	assert.NoError(t, lib.Health(bg), "a version that is full may be healthy")
	leave()
	for name, call := range calls {
		assert.NoError(t, call(), name)
	}
}

// A call that its caller has left keeps its place, so that impatient callers can't fill
// the process with threads.
func TestMaxCallsCountsWhoIsLeftBehind(t *testing.T) {
	slot := newSlot(t, "crash", []string{libtest.Build(t, "crash", "1")}, host.MaxCalls(3, 0))
	sleep := must(host.Func1[int64, int64](slot, "Sleep", host.Limit(time.Millisecond)))(t)
	hung := 0
	for {
		_, err := sleep(bg, 2000)
		if errors.Is(err, host.ErrTooManyCalls) {
			break
		}
		if errors.Is(err, host.ErrHung) { // otherwise no processor was free for it in time
			hung++
		}
		require.Less(t, hung, 1000)
	}
	assert.GreaterOrEqual(t, hung, 3)
	lib := slot.Current()
	require.Eventually(t, func() bool { return lib.InFlight() == 0 }, patience, poll)
	require.NoError(t, newVictim(t, slot).add())
}

func TestCallWaitsForAPlace(t *testing.T) {
	v1, v2 := libtest.Build(t, "crash", "1"), libtest.Build(t, "crash", "2")
	slot := newSlot(t, "crash", []string{v1}, host.MaxCalls(1, time.Hour), host.CancelGrace(patience))
	add := must(host.Func2[int32, int32, int32](slot, "Add"))(t)
	leave := waiters(t, slot, 1)

	ctx, cancel := context.WithTimeout(bg, 10*time.Millisecond)
	defer cancel()
	_, err := add(ctx, 1, 2)
	require.ErrorIs(t, err, host.ErrTooManyCalls)
	require.ErrorIs(t, err, context.DeadlineExceeded)

	sum := make(chan int32, 3)
	call := func() {
		n, err := add(bg, 1, 2)
		assert.NoError(t, err)
		sum <- n
	}
	go call()
	leave()
	assert.Equal(t, int32(3), <-sum)

	// If a version is replaced, a call that waits for a place in it goes to the next one.
	leave = waiters(t, slot, 1)
	go call()
	go call()
	swapped := make(chan error, 1)
	go func() { _, err := slot.Swap(bg, v2); swapped <- err }()
	assert.Equal(t, int32(3), <-sum)
	assert.Equal(t, int32(3), <-sum)
	leave()
	require.NoError(t, <-swapped)
}

// An open stream has a place, and the call that opens it needs no second one.
func TestMaxCallsCountsStreams(t *testing.T) {
	lib := open(t, libtest.Build(t, "callback", "1"), host.MaxCalls(1, 0))
	read := must(host.ReaderFunc2[int32, int32](lib, "Pieces"))(t)
	s := must(read(bg, 3, 1))(t)
	_, err := read(bg, 3, 1)
	require.ErrorIs(t, err, host.ErrTooManyCalls)
	pieces := 0
	for _, err := range s.Seq() {
		require.NoError(t, err)
		pieces++
	}
	assert.Equal(t, 3, pieces)
	s = must(read(bg, 3, 1))(t)
	require.NoError(t, s.Close())
}
