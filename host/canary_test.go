package host_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// all is every call.
var all = host.Share{Percent: 100}

// quick is a rule that is judged often, and that is broken only when a test wants it.
var quick = host.Rule{Errors: 0.5, Calls: 10, Health: 2 * time.Millisecond}

// requireOver waits until the canary v2 has failed and is unloaded, and v1 answers.
func requireOver(t *testing.T, slot *host.Slot, j *journal, says string) {
	t.Helper()
	require.Eventually(t, func() bool {
		states := j.states("2")
		return len(states) > 0 && states[len(states)-1] == host.Unloaded && j.tells(says)
	}, patience, time.Millisecond, "%s: %v", says, slot.Versions())
	v := slot.Versions()
	assert.Equal(t, host.Failed, v[1].State)
	assert.Contains(t, v[1].Reason, says)
	assert.Equal(t, host.Serving, v[0].State)
	assert.Equal(t, 100.0, v[0].Share)
	assert.Equal(t, "1", slot.Current().Version())
	assert.NotContains(t, j.states("2"), host.Serving)
}

func TestCanaryIsPromotedByHand(t *testing.T) {
	needUnload(t)
	var j journal
	slot := beside(t, host.Share{Percent: 30}, host.Promotion{}, j.option(), host.Probation(time.Hour, host.Rule{}))
	greet := must(host.Func1[string, string](slot, "GreetName"))(t)
	stop := traffic(t, func(int, int) error { _, err := greet(ctx, "Ada"); return err })
	swap := must(slot.Promote(t.Context()))(t)
	assert.Equal(t, "2", swap.Version)
	assert.Equal(t, "1", swap.Warm)
	assert.Equal(t, "Hello, Ada! (v2)", must(greet(ctx, "Ada"))(t))
	stop()
	assert.Equal(t, []host.State{host.Verified, host.Loaded, host.Started, host.Healthy, host.Canary, host.Serving}, j.states("2"))
	assert.True(t, j.tells("promoted by hand; on probation for 1h0m0s, v1 is kept warm"))
	assert.Equal(t, 100.0, slot.Versions()[1].Share)
	_, err := slot.Promote(t.Context())
	require.ErrorIs(t, err, host.ErrNoCanary)
	assert.Equal(t, "1", must(slot.Rollback(t.Context()))(t).Version)
	assert.Equal(t, host.Failed, slot.Versions()[1].State)
}

func TestCanaryIsPromotedByRule(t *testing.T) {
	needUnload(t)
	var j journal
	slot := beside(t, all, host.Promotion{Calls: 20, After: time.Millisecond, Errors: 0.2}, j.option(),
		host.Probation(0, quick))
	greet := must(host.Func1[string, string](slot, "GreetName"))(t)
	for i := range 20 {
		_, err := greet(ctx, []string{"", "Ada", "Bob"}[i%3]) // a third fails: too many to be promoted, not enough to be aborted
		require.Equal(t, i%3 == 0, err != nil)
	}
	require.Eventually(t, func() bool { return j.tells("not promoted yet: more than 20 % of its calls failed") }, patience, time.Millisecond)
	assert.Equal(t, "1", slot.Current().Version())
	for range 20 {
		must(greet(ctx, "Ada"))(t)
	}
	require.Eventually(t, func() bool { return slot.Current().Version() == "2" }, patience, time.Millisecond)
	require.Eventually(t, func() bool { return slot.Versions()[0].State == host.Unloaded }, patience, time.Millisecond)
	assert.True(t, j.tells("promoted by rule: 7 of 40 calls failed in "))
}

func TestCanaryIsAbortedByHand(t *testing.T) {
	needUnload(t)
	var j journal
	slot := beside(t, all, host.Promotion{}, j.option())
	greet := must(host.Func1[string, string](slot, "GreetName"))(t)
	assert.Equal(t, "Hello, Ada! (v2)", must(greet(ctx, "Ada"))(t))
	stop := traffic(t, func(int, int) error { _, err := greet(ctx, "Ada"); return err })
	requireNothingLeft(t)(slot.Abort(t.Context()))
	assert.Equal(t, "Hello, Ada!", must(greet(ctx, "Ada"))(t))
	stop()
	requireOver(t, slot, &j, "aborted by hand")
	_, err := slot.Abort(t.Context())
	require.ErrorIs(t, err, host.ErrNoCanary)
	require.ErrorIs(t, slot.SetShare(all), host.ErrNoCanary)
	must(slot.Canary(t.Context(), libtest.Greeter(t, "2"), all, host.Promotion{}))(t)
}

func TestCanaryWithTooManyErrors(t *testing.T) {
	needUnload(t)
	var j journal
	slot := beside(t, all, host.Promotion{}, j.option(), host.Probation(0, quick))
	greet := must(host.Func1[string, string](slot, "GreetName"))(t)
	for range 10 {
		_, err := greet(ctx, "")
		require.ErrorIs(t, err, host.ErrCall)
	}
	requireOver(t, slot, &j, "canary aborted: 10 of 10 calls failed, more than 50 %")
	assert.Equal(t, "Hello, Ada!", must(greet(ctx, "Ada"))(t))
}

func TestCanaryThatSickens(t *testing.T) {
	var j journal
	slot := newSlot(t, "badstart", []string{libtest.Build(t, "badstart", "1")}, j.option(), host.Probation(0, quick))
	sick := libtest.Build(t, "badstart", "2", libtest.LDFlags("-X main.mode=sickens"))
	must(slot.Canary(t.Context(), sick, all, host.Promotion{Calls: 1}))(t)
	requireOver(t, slot, &j, "not healthy")
}

// While a canary runs, nothing else may change the versions.
func TestWhileACanaryRuns(t *testing.T) {
	needUnload(t)
	slot := beside(t, all, host.Promotion{})
	path := libtest.Greeter(t, "3")
	before := len(slot.Versions())
	_, err := slot.Swap(t.Context(), path)
	require.ErrorIs(t, err, host.ErrCanary)
	assert.EqualError(t, err, "greeter v2: swap: a canary runs (promote or abort it first)")
	_, err = slot.Canary(t.Context(), path, all, host.Promotion{})
	require.ErrorIs(t, err, host.ErrCanary)
	_, err = slot.Rollback(t.Context())
	require.ErrorIs(t, err, host.ErrCanary)
	assert.Len(t, slot.Versions(), before, "nothing was looked at")
	requireNothingLeft(t)(slot.Close(t.Context()))
	for _, v := range slot.Versions() {
		assert.Equal(t, host.Unloaded, v.State, v.Version)
	}
	_, err = slot.Promote(t.Context())
	require.ErrorIs(t, err, host.ErrNoCanary)
}

// A bad canary is refused as a bad version is, and gets no call.
func TestBadCanary(t *testing.T) {
	empty := newSlot(t, "greeter", nil)
	_, err := empty.Canary(t.Context(), libtest.Greeter(t, "1"), all, host.Promotion{})
	require.ErrorIs(t, err, host.ErrEmpty)

	slot := newSlot(t, "greeter", []string{libtest.Greeter(t, "2")}, host.Check(func(ctx context.Context, lib *host.Library) error {
		if lib.Version() == "4" {
			return errCheck
		}
		return nil
	}))
	must(host.Func2[int32, int32, int32](slot, "Add"))(t)
	text := filepath.Join(t.TempDir(), "libgreeter.v3.so")
	require.NoError(t, os.WriteFile(text, []byte("a text"), 0o644))
	for path, reason := range map[string]error{
		"none.so":               host.ErrNotFound,
		text:                    host.ErrNotELF,
		libtest.Greeter(t, "1"): host.ErrDowngrade,
		libtest.Greeter(t, "4"): errCheck,
		libtest.Build(t, "missing", "3", libtest.Named("greeter")): host.ErrFunction,
		libtest.Build(t, "counter", "3", libtest.Named("greeter")): host.ErrFunction,
	} {
		_, err := slot.Canary(t.Context(), path, all, host.Promotion{})
		require.ErrorIs(t, err, reason, path)
		versions := slot.Versions()
		last := versions[len(versions)-1]
		assert.Contains(t, []host.State{host.Refused, host.Failed}, last.State)
		assert.Zero(t, last.Share)
	}
	assert.Equal(t, "2", answeredBy(t, slot, "any"))
}

// With two states, the calls of one version would not see what those of the other did.
func TestCanaryWithAState(t *testing.T) {
	counter := libtest.Build(t, "counter", "2")
	slot := newSlot(t, "counter", []string{libtest.Build(t, "counter", "1")})
	_, err := slot.Canary(t.Context(), counter, all, host.Promotion{})
	require.ErrorIs(t, err, host.ErrTwoStates)
	assert.ErrorContains(t, err, "v1 hands its state over; use Swap with Probation")

	plain := newSlot(t, "counter", []string{libtest.Build(t, "slow", "1", libtest.Named("counter"))})
	_, err = plain.Canary(t.Context(), counter, all, host.Promotion{})
	require.ErrorIs(t, err, host.ErrTwoStates)
	assert.ErrorContains(t, err, "v2 hands its state over")
	assert.Equal(t, host.Failed, plain.Versions()[1].State)
}

// The version that serves decides what can be bound: a canary that lacks it ends.
func TestBindWhileACanaryRuns(t *testing.T) {
	var j journal
	slot := newSlot(t, "greeter", []string{libtest.Greeter(t, "1")}, j.option())
	must(slot.Canary(t.Context(), libtest.Build(t, "missing", "2", libtest.Named("greeter")), all, host.Promotion{}))(t)
	greet := must(host.Func0[string](slot, "Greet"))(t)
	must(greet(ctx))(t)
	assert.Positive(t, slot.Versions()[1].Calls, "it has what was bound")
	add := must(host.Func2[int32, int32, int32](slot, "Add"))(t)
	assert.EqualValues(t, 3, must(add(ctx, 1, 2))(t))
	requireOver(t, slot, &j, "the host has bound Add")
}

// A stream stays with the version it was opened on, and an abort waits for it.
func TestStreamOfACanary(t *testing.T) {
	var j journal
	provide := host.Provide1("Early", func(string) (host.None, error) { return host.None{}, nil })
	slot := newSlot(t, "callback", []string{libtest.Build(t, "callback", "1")}, j.option(), provide)
	must(slot.Canary(t.Context(), libtest.Build(t, "callback", "2"), all, host.Promotion{}))(t)
	read := must(host.ReaderFunc2[int64, string](slot, "Bytes"))(t)
	r := must(read(ctx, 1<<20, ""))(t)
	assert.EqualValues(t, 1, slot.Versions()[1].InFlight)
	aborted := make(chan error)
	go func() { _, err := slot.Abort(ctx); aborted <- err }()
	require.Eventually(t, func() bool { return j.tells("aborted by hand") }, patience, time.Millisecond)
	n := 0
	for piece, err := range r.Seq() {
		require.NoError(t, err)
		n += len(piece)
	}
	assert.Equal(t, 1<<20, n)
	require.NoError(t, <-aborted)
}
