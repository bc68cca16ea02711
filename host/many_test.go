package host_test

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
	"github.com/hotso/hotso/host/internal/proc"
)

// leaveSlots has n TLS slots be free until the test ends, or less if there are less.
func leaveSlots(t *testing.T, n int) int {
	t.Helper()
	needUnload(t)
	left, release, err := host.LeaveSlots(n)
	require.NoError(t, err)
	t.Cleanup(release)
	return left
}

// Many libraries are swapped at random while they are called: no call is lost, and nothing
// is left. In a host with cgo there are not as many slots.
func TestManyLibraries(t *testing.T) {
	many := leaveSlots(t, 44) - 4
	path := libtest.Greeter(t, "1")
	held := holdings(t)
	slots := make([]*host.Slot, many)
	for i := range slots {
		slots[i] = newSlot(t, "greeter", []string{path})
	}
	shared := must(proc.Maps("hotso:greeter.v1"))(t)
	assert.NotEmpty(t, shared, "of equal files all but the first share code and constants")
	assert.Zero(t, len(shared)%(many-1))
	var calls atomic.Int64
	var stop atomic.Bool
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for !stop.Load() {
				sum, err := slots[rand.IntN(many)].Call(bg, "Add", 1, 2)
				if !assert.NoError(t, err) || !assert.EqualValues(t, 3, sum.Value) {
					return
				}
				calls.Add(1)
			}
		})
	}
	for range many {
		must(slots[rand.IntN(many)].Swap(t.Context(), path))(t)
	}
	stop.Store(true)
	wg.Wait()
	assert.Positive(t, calls.Load())
	for _, s := range slots {
		requireNothingLeft(t)(s.Close(t.Context()))
	}
	assert.ElementsMatch(t, held, holdings(t))
}
