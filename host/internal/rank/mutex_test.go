package rank

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
)

// What is tested here is true with and without the build tag.

func TestTheOrder(t *testing.T) {
	order := []Rank{
		Unloading{}, Files{}, Slot{}, Events{}, Watchdog{}, Cancellation{}, Call{}, Stream{}, Streams{}, BuiltinStreams{}, Pins{}, End{},
		Orphans{}, Gate{}, Limit{}, Registry{}, Heritage{},
	}
	for i, r := range order {
		assert.Equal(t, i, r.depth(), "%T", r)
	}
}

func TestOneHolderAtATime(t *testing.T) {
	var mu Mutex[Slot]
	var n int
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 1000 {
				mu.Lock()
				n++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	assert.Equal(t, 8000, n)
}

func TestTryLock(t *testing.T) {
	var mu Mutex[Slot]
	assert.True(t, mu.TryLock())
	assert.False(t, mu.TryLock())
	mu.Unlock()
	assert.True(t, mu.TryLock())
	mu.Unlock()
}

// A lock may be given back by another goroutine than took it.
func TestHandedOn(t *testing.T) {
	var mu Mutex[Slot]
	var wg sync.WaitGroup
	mu.Lock()
	wg.Go(mu.Unlock)
	wg.Wait()
	Unlocked()
	assert.True(t, mu.TryLock())
	mu.Unlock()
}

func TestFromTheOutsideIn(t *testing.T) {
	var outer Mutex[Unloading]
	var slot Mutex[Slot]
	var registry Mutex[Registry]
	for range 2 {
		outer.Lock()
		slot.Lock()
		registry.Lock()
		slot.Unlock() // in any order
		registry.Unlock()
		outer.Unlock()
		Unlocked()
	}
}
