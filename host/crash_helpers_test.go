package host_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/ebitengine/purego"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

const poll = time.Millisecond

// bg never ends, so calls are made on the goroutine that asks for them.
var bg = context.Background()

// A victim is a library, or a slot, that is going to crash.
type victim struct {
	t      testing.TB
	c      host.Caller
	crash  func(kind string) error
	inside func() int64
	add    func() error // a call whose answer must be right
	sleep  func() error // an hour
}

func newVictim(t testing.TB, c host.Caller) *victim {
	t.Helper()
	needUnload(t)
	special := must(host.Func1[string, host.None](c, "Crash"))(t)
	inside := must(host.Func0[int64](c, "Inside"))(t)
	add := must(host.Func2[int32, int32, int32](c, "Add"))(t)
	sleep := must(host.Func1[int64, int64](c, "Sleep"))(t)
	return &victim{
		t: t, c: c,
		crash: func(kind string) error {
			if drills[kind] {
				return drill(t, c, kind)
			}
			_, err := special(bg, kind)
			return err
		},
		inside: func() int64 { n, _ := inside(bg); return n },
		add: func() error {
			sum, err := add(bg, 20, 22)
			if err == nil && sum != 42 {
				return errors.New("a wrong answer")
			}
			return err
		},
		sleep: func() error { _, err := sleep(bg, 3600_000); return err },
	}
}

var drills = func() map[string]bool {
	m := map[string]bool{}
	for _, kind := range abi.DrillKinds {
		m[kind] = true
	}
	return m
}()

// drill calls hotso_drill.
func drill(t testing.TB, c host.Caller, kind string) (err error) {
	switch c := c.(type) {
	case *host.Slot:
		_, err = c.Call(bg, abi.SymDrill, kind)
	case *host.Library:
		_, err = c.Call(bg, abi.SymDrill, kind)
	}
	return err
}

// within puts n callers inside, and expects them to get ErrCrashed. The function
// that it returns waits for them.
func (v *victim) within(n int, call func() error) (wait func()) {
	v.t.Helper()
	before := v.inside()
	var callers sync.WaitGroup
	for range n {
		callers.Go(func() { assert.ErrorIs(v.t, call(), host.ErrCrashed) })
	}
	require.Eventually(v.t, func() bool { return v.inside() == before+int64(n) }, patience, poll)
	return callers.Wait
}

// crashed expects an error to be a crash of that version.
func crashed(t testing.TB, err error, version string) *host.Crash {
	t.Helper()
	require.ErrorIs(t, err, host.ErrCrashed)
	var c *host.Crash
	require.ErrorAs(t, err, &c)
	assert.Equal(t, "crash", c.Library)
	assert.Equal(t, version, c.Version)
	assert.LessOrEqual(t, len(c.Message), host.MaxCrashMessage)
	assert.False(t, c.Time.IsZero())
	return c
}

// crashing builds a library that crashes at a given moment of its life.
func crashing(t testing.TB, version, mode string) string {
	t.Helper()
	needUnload(t)
	return libtest.Build(t, "crash", version, libtest.LDFlags("-X main.mode="+mode))
}

// callback makes a C function of f. There are 2000 for the life of a process.
func callback(f func()) uint64 { return uint64(purego.NewCallback(func() uintptr { f(); return 0 })) }

// forever makes a version come back however often it crashes. If it does not come back,
// the test fails.
func forever(t testing.TB) []host.Option {
	return []host.Option{host.CrashLimit(1<<30, time.Minute), host.OnEvent(func(e host.Event) {
		if e.State == host.Failed || e.State == host.Quarantined {
			t.Errorf("v%s is %s: %s", e.Version, e.State, e.Detail)
		}
	})}
}

// gone waits until nothing of any library is in the process.
func gone(t testing.TB, before []string) {
	t.Helper()
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		assert.ElementsMatch(c, before, holdings(t))
	}, patience, poll)
}
