package host_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// returns ends the test binary, with the stacks of all goroutines, if f does not return.
func returns(t *testing.T, what string, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(patience):
		panic(what + " does not return")
	}
}

// A handler may deploy to another slot, even when it is called for a crash in the middle
// of an unload, whose locks every unload needs.
func TestEventHandlerSwapsAnotherSlot(t *testing.T) {
	path := crashing(t, "1", "stop-late")
	next := libtest.Greeter(t, "1")
	other := newSlot(t, "greeter", []string{next})
	var crashes atomic.Int64
	slot := newSlot(t, "crash", nil, host.CrashLimit(1<<30, time.Minute), host.OnEvent(func(e host.Event) {
		if e.State == host.Crashed {
			crashes.Add(1)
			_, err := other.Swap(bg, next)
			assert.NoError(t, err)
		}
	}))
	for range 60 {
		returns(t, "a swap", func() { _, _ = slot.Swap(bg, path) })
	}
	returns(t, "close", func() { _, _ = slot.Close(bg) })
	host.Delivered()
	assert.Positive(t, crashes.Load(), "or nothing was tried")
}

// A handler may deploy to its own slot, and close it.
func TestEventHandlerDeploysToItsOwnSlot(t *testing.T) {
	one, two := libtest.Greeter(t, "1"), libtest.Greeter(t, "2")
	var slot *host.Slot
	var j journal
	swapped, closed := make(chan error, 1), make(chan error, 1)
	slot = newSlot(t, "greeter", nil, host.OnEvent(func(e host.Event) {
		j.add(e)
		switch {
		case e.Version == "1" && e.State == host.Serving:
			_, err := slot.Swap(bg, two)
			swapped <- err
		case e.Version == "2" && e.State == host.Serving:
			_, err := slot.Close(bg)
			closed <- err
		}
	}))
	returns(t, "a swap", func() { must(slot.Swap(bg, one))(t) })
	returns(t, "the handler", func() {
		require.NoError(t, <-swapped)
		require.NoError(t, <-closed)
	})
	assert.Equal(t, wholeLife, j.states("1"))
	assert.Equal(t, wholeLife, j.states("2"))
}

// A slow handler holds nothing up, and is called for everything in order.
func TestSlowEventHandler(t *testing.T) {
	one, two := libtest.Greeter(t, "1"), libtest.Greeter(t, "2")
	release := make(chan struct{})
	var j journal
	slot := newSlot(t, "greeter", nil, host.AllowDowngrade(), host.OnEvent(func(e host.Event) {
		<-release
		j.add(e)
	}))
	returns(t, "a swap", func() {
		for i := range 6 {
			swap := must(slot.Swap(bg, []string{one, two}[i%2]))(t)
			if i > 0 {
				assert.Equal(t, host.Unloaded, swap.Old.State)
			}
		}
	})
	ctx, cancel := context.WithTimeout(bg, 50*time.Millisecond) // Close does not wait for ever
	defer cancel()
	returns(t, "close", func() { _, err := slot.Close(ctx); assert.NoError(t, err) })
	close(release)
	host.Delivered()
	last := time.Time{}
	for _, e := range j.all() {
		assert.False(t, e.Time.Before(last))
		last = e.Time
	}
	assert.Len(t, j.states("1"), 3*(len(wholeLife)))
	assert.Len(t, j.states("2"), 3*(len(wholeLife)))
}

// Before Close returns the handler has been called for everything, so a program that
// ends then has missed nothing.
func TestCloseDeliversEvents(t *testing.T) {
	var j journal
	slot := host.NewSlot("greeter", host.OnEvent(func(e host.Event) { time.Sleep(time.Millisecond); j.add(e) }))
	must(slot.Swap(bg, libtest.Greeter(t, "1")))(t)
	_, err := slot.Close(bg)
	require.NoError(t, err)
	j.mu.Lock()
	defer j.mu.Unlock()
	require.NotEmpty(t, j.events)
	assert.Contains(t, []host.State{host.Unloaded, host.Resident}, j.events[len(j.events)-1].State)
}

// A check that panics keeps its version out, like one that returns an error.
func TestCheckPanics(t *testing.T) {
	one, two := libtest.Greeter(t, "1"), libtest.Greeter(t, "2")
	slot := newSlot(t, "greeter", nil, host.Check(func(_ context.Context, l *host.Library) error {
		if l.Version() == "2" {
			panic("it has seen something")
		}
		return nil
	}))
	must(slot.Swap(bg, one))(t)
	_, err := slot.Swap(bg, two)
	require.ErrorIs(t, err, host.ErrUnhealthy)
	assert.ErrorContains(t, err, "it has seen something")
	versions := slot.Versions()
	assert.Equal(t, host.Serving, versions[0].State)
	assert.Equal(t, host.Failed, versions[1].State)
	must(slot.Call(bg, "Greet"))(t)
}

// A check that would wait for the deployment it is a part of gets an error.
func TestCheckDeploysToItsOwnSlot(t *testing.T) {
	one, two := libtest.Greeter(t, "1"), libtest.Greeter(t, "2")
	var slot *host.Slot
	other := newSlot(t, "greeter", nil)
	slot = newSlot(t, "greeter", nil, host.Check(func(ctx context.Context, l *host.Library) error {
		if l.Version() != "2" {
			return nil
		}
		_, swap := slot.Swap(ctx, one)
		_, closing := slot.Close(bg)
		_, canary := slot.Canary(bg, one, host.Share{}, host.Promotion{})
		_, rollback := slot.Rollback(bg)
		for _, err := range []error{swap, closing, canary, rollback, slot.SetShare(host.Share{})} {
			assert.ErrorIs(t, err, host.ErrBusy)
			assert.ErrorContains(t, err, "check")
		}
		_, err := other.Swap(bg, one) // another slot is no problem
		return errors.Join(err, errors.New("that was it"))
	}))
	must(slot.Swap(bg, one))(t)
	returns(t, "the swap", func() {
		_, err := slot.Swap(bg, two)
		assert.ErrorIs(t, err, host.ErrUnhealthy)
	})
	assert.Equal(t, "1", slot.Current().Version())
	assert.Equal(t, "1", other.Current().Version())
}

// A deployment that waits for another gives up when its context ends.
func TestDeploymentsWaitForEachOther(t *testing.T) {
	one := libtest.Greeter(t, "1")
	release, inside := make(chan struct{}), make(chan struct{})
	slot := newSlot(t, "greeter", nil, host.Check(func(context.Context, *host.Library) error {
		close(inside)
		<-release
		return nil
	}))
	first := make(chan error, 1)
	go func() { _, err := slot.Swap(bg, one); first <- err }()
	<-inside
	ctx, cancel := context.WithCancel(bg)
	cancel()
	_, err := slot.Swap(ctx, one)
	assert.ErrorIs(t, err, host.ErrBusy)
	assert.ErrorIs(t, err, context.Canceled)
	close(release)
	require.NoError(t, <-first)
}

// Flush waits for a handler that is slow, until its context ends, and not for itself.
func TestFlush(t *testing.T) {
	var slot *host.Slot
	var serving atomic.Bool
	slow := make(chan struct{})
	slot = newSlot(t, "greeter", nil, host.OnEvent(func(e host.Event) {
		if e.State == host.Serving {
			<-slow
			slot.Flush(bg)
			serving.Store(true)
		}
	}))
	_, err := slot.Swap(bg, libtest.Greeter(t, "1"))
	require.NoError(t, err)
	short, cancel := context.WithTimeout(bg, 10*time.Millisecond)
	defer cancel()
	slot.Flush(short)
	assert.False(t, serving.Load())
	close(slow)
	returns(t, "Flush", func() { slot.Flush(bg) })
	assert.True(t, serving.Load())
}
