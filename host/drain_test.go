package host_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

const patience = 30 * time.Second // for things that must happen at some time

// A longCall is a call that is inside a version until it is told to return.
type longCall struct {
	read, write *os.File // of a pipe
	result      chan error
}

// callLong begins a call on the current version of slow, and returns when it
// is inside.
func callLong(t *testing.T, c host.Caller) *longCall {
	t.Helper()
	l := &longCall{result: make(chan error, 1)}
	var err error
	l.read, l.write, err = os.Pipe()
	require.NoError(t, err)
	fd := int64(l.read.Fd()) // which makes reads block
	wait := must(host.Func1[int64, int64](c, "Wait"))(t)
	inside := must(host.Func0[int64](c, "Inside"))(t)
	before := must(inside(t.Context()))(t)
	go func() {
		n, err := wait(context.Background(), fd)
		if err == nil && n != 0 {
			t.Errorf("the pipe had %d bytes", n)
		}
		l.result <- err
	}()
	require.Eventually(t, func() bool {
		n, err := inside(t.Context())
		return err == nil && n == before+1
	}, patience, time.Millisecond)
	return l
}

// end makes the call return; it must have succeeded.
func (l *longCall) end(t *testing.T) {
	t.Helper()
	require.NoError(t, l.write.Close())
	assert.NoError(t, <-l.result)
	require.NoError(t, l.read.Close())
}

func becomes(t *testing.T, want host.State, state func() host.State) {
	t.Helper()
	require.Eventually(t, func() bool { return state() == want }, patience, time.Millisecond)
}

// The swap holds although a call stays inside the old version, which is kept
// whole for it, and goes when it returns.
func TestSwapWithACallThatStays(t *testing.T) {
	one, two := libtest.Build(t, "slow", "1"), libtest.Build(t, "slow", "2")
	var j journal
	slot := newSlot(t, "slow", []string{one}, host.DrainTimeout(time.Millisecond), j.option())
	long := callLong(t, slot)
	old := slot.Current()

	swap, err := slot.Swap(t.Context(), two)
	var e *host.Error
	require.ErrorAs(t, err, &e)
	assert.ErrorIs(t, err, host.ErrBusy)
	assert.Equal(t, host.StepDrain, e.Step)
	assert.Equal(t, "1", e.Version)
	assert.Equal(t, "2", swap.Version)
	assert.Equal(t, host.Quarantined, swap.Old.State)
	assert.Contains(t, swap.Old.Reason, "1 calls")
	assert.Equal(t, host.Quarantined, old.State())
	assert.EqualValues(t, 1, old.InFlight())
	versions := slot.Versions()
	require.Len(t, versions, 2)
	assert.Equal(t, host.Quarantined, versions[0].State)
	assert.EqualValues(t, 1, versions[0].InFlight)
	assert.Equal(t, host.Serving, versions[1].State)

	r, err := slot.Call(t.Context(), "Inside")
	require.NoError(t, err)
	assert.Equal(t, host.Result{Value: int64(0), Version: "2"}, r, "the new one serves")

	long.end(t)
	becomes(t, host.Unloaded, old.State)
	becomes(t, host.Unloaded, func() host.State { return slot.Versions()[0].State })
	assert.Equal(t, []host.State{host.Verified, host.Loaded, host.Started, host.Healthy, host.Serving,
		host.Retiring, host.Quarantined, host.Unloaded}, j.states("1"))
}

// A call that returns in time is waited for.
func TestSwapWaitsForTheCallsInside(t *testing.T) {
	one, two := libtest.Build(t, "slow", "1"), libtest.Build(t, "slow", "2")
	slot := newSlot(t, "slow", []string{one})
	long, old := callLong(t, slot), slot.Current()
	swapped := make(chan struct{})
	go func() {
		defer close(swapped)
		swap, err := slot.Swap(t.Context(), two)
		if assert.NoError(t, err) {
			requireNothingLeft(t)(swap.Old, nil)
		}
	}()
	becomes(t, host.Retiring, old.State)
	assert.Equal(t, "2", slot.Current().Version(), "serves while the old one drains")
	select {
	case <-swapped:
		assert.Fail(t, "swapped with a call inside")
	default:
	}
	long.end(t)
	<-swapped
}

func TestCloseWithACallThatStays(t *testing.T) {
	needUnload(t)
	lib := must(host.Open(t.Context(), libtest.Build(t, "slow", "1")))(t)
	long := callLong(t, lib)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 2 { // the second says the same
		report, err := lib.Close(ctx)
		assert.ErrorIs(t, err, host.ErrBusy)
		assert.Equal(t, host.Quarantined, report.State)
		assert.Equal(t, host.Quarantined, lib.State())
	}
	long.end(t)
	becomes(t, host.Unloaded, lib.State)
}

func TestSlotCloseWithACallThatStays(t *testing.T) {
	needUnload(t)
	slot := host.NewSlot("slow", host.DrainTimeout(time.Millisecond))
	must(slot.Swap(t.Context(), libtest.Build(t, "slow", "1")))(t)
	long, lib := callLong(t, slot), slot.Current()
	report, err := slot.Close(t.Context())
	assert.ErrorIs(t, err, host.ErrBusy)
	assert.Equal(t, host.Quarantined, report.State)
	report, err = slot.Close(t.Context())
	assert.NoError(t, err)
	assert.Nil(t, report, "it is empty")
	long.end(t)
	becomes(t, host.Unloaded, lib.State)
}
