package host_test

import (
	"context"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// beside is a slot where v1 of the greeter serves and v2 is the canary.
func beside(t *testing.T, share host.Share, promotion host.Promotion, opts ...host.Option) *host.Slot {
	t.Helper()
	slot := newSlot(t, "greeter", []string{libtest.Greeter(t, "1")}, opts...)
	must(slot.Canary(t.Context(), libtest.Greeter(t, "2"), share, promotion))(t)
	return slot
}

// farOff is by how much a sum of n independent draws may miss its mean: farther than
// that with a probability below 1e-9 (Hoeffding's inequality, 2 exp(-2t²/n)).
func farOff(n int) float64 { return math.Sqrt(float64(n) * math.Log(2e9) / 2) }

// answeredBy calls with a key and returns the version that answered.
func answeredBy(t testing.TB, slot *host.Slot, key string) string {
	t.Helper()
	return must(slot.Call(host.WithKey(t.Context(), key), "GreetName", "Ada"))(t).Version
}

// The share applies to every kind of call: typed ones and those by name.
func TestCanaryShare(t *testing.T) {
	needUnload(t)
	const callers, each, percent = 8, 5000, 20
	slot := beside(t, host.Share{Percent: percent}, host.Promotion{})
	greet := must(host.Func1[string, string](slot, "GreetName"))(t)
	var v2 atomic.Int64
	var wg sync.WaitGroup
	for caller := range callers {
		wg.Go(func() {
			for range each {
				var greeting string
				var err error
				if caller%2 == 0 {
					greeting, err = greet(ctx, "Ada")
				} else {
					var r host.Result
					r, err = slot.Call(ctx, "GreetName", "Ada")
					greeting, _ = r.Value.(string)
				}
				if !assert.NoError(t, err) {
					return
				}
				if greeting == "Hello, Ada! (v2)" {
					v2.Add(1)
				}
			}
		})
	}
	wg.Wait()
	const n = callers * each
	t.Logf("%d of %d calls, %.2f %%", v2.Load(), n, 100*float64(v2.Load())/n)
	assert.InDelta(t, n*percent/100, v2.Load(), farOff(n))
	versions := slot.Versions()
	assert.Equal(t, 80.0, versions[0].Share)
	assert.Equal(t, host.Serving, versions[0].State)
	assert.Equal(t, 20.0, versions[1].Share)
	assert.Equal(t, host.Canary, versions[1].State)
	assert.Equal(t, v2.Load(), versions[1].Calls)
	assert.EqualValues(t, n, versions[0].Calls+versions[1].Calls)
	assert.Zero(t, versions[0].InFlight+versions[1].InFlight)
}

// A key goes one way while the share is the same, and does not leave the canary when
// it grows.
func TestCanaryKeysStick(t *testing.T) {
	needUnload(t)
	const keys = 4000
	slot := beside(t, host.Share{}, host.Promotion{})
	users := func(percent float64) (on map[string]bool) {
		require.NoError(t, slot.SetShare(host.Share{Percent: percent, Keys: []string{"tester"}}))
		on = map[string]bool{}
		for i := range keys {
			key := fmt.Sprintf("user-%d", i)
			on[key] = answeredBy(t, slot, key) == "2"
			for range 2 {
				require.Equal(t, on[key], answeredBy(t, slot, key) == "2", key)
			}
		}
		assert.Equal(t, "2", answeredBy(t, slot, "tester"))
		n := 0
		for _, is := range on {
			if is {
				n++
			}
		}
		assert.InDelta(t, keys*percent/100, n, farOff(keys))
		return on
	}
	var before map[string]bool
	for _, percent := range []float64{0, 10, 30, 100} {
		on := users(percent)
		for key, was := range before {
			require.False(t, was && !on[key], "%s left at %g %%", key, percent)
		}
		before = on
	}
	assert.NotContains(t, before, false)
	v := slot.Versions()[1]
	assert.Equal(t, []string{"tester"}, v.Keys)
	assert.Equal(t, 100.0, v.Share)
}

// Keys go the same ways in all processes, now and later, and other ways for
// another version.
func TestSpreadStays(t *testing.T) {
	assert.Equal(t, uint64(0x9c06d167711822cf), host.Spread("2", "user-42"))
	assert.Equal(t, uint64(0xc1cead8fb28d8216), host.Spread("3", "user-42"))
	assert.Equal(t, uint64(0xb9034ad37056f5fb), host.Spread("", ""))
}

func TestBadShare(t *testing.T) {
	slot := beside(t, host.Share{Percent: 1}, host.Promotion{})
	for _, percent := range []float64{-1, 100.1, math.NaN(), math.Inf(1)} {
		require.ErrorIs(t, slot.SetShare(host.Share{Percent: percent}), host.ErrArgument)
		_, err := slot.Canary(t.Context(), "none.so", host.Share{Percent: percent}, host.Promotion{})
		require.ErrorIs(t, err, host.ErrArgument)
	}
	assert.Equal(t, 1.0, slot.Versions()[1].Share)
}

// The decision allocates nothing, at random or by key.
func TestCanaryCallsAllocateNothing(t *testing.T) {
	needUnload(t)
	slot := beside(t, host.Share{Percent: 50, Keys: []string{"tester"}}, host.Promotion{})
	add := must(host.Func2[int32, int32, int32](slot, "Add"))(t)
	for _, ctx := range []context.Context{ctx, host.WithKey(ctx, "user-42"), host.WithKey(ctx, "tester")} {
		assert.Zero(t, testing.AllocsPerRun(1000, func() {
			if _, err := add(ctx, 1, 2); err != nil {
				t.Error(err)
			}
		}))
	}
}
