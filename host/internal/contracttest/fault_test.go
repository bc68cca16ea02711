package contracttest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/contract"
	"github.com/hotso/hotso/examples/shop/shop"
	"github.com/hotso/hotso/host"
)

// fatal are ways to end a runtime that badshop knows.
var fatal = []string{"goroutine", "exit", "throw", "goexit"}

// What can't be saved stays where it is, and what it says is not lost.
func TestFailingSaves(t *testing.T) {
	paths := badshop(t, "1", "2")
	for what, says := range map[string]string{"error": "MarshalBinary: it fails in save", "panic": "Cart_save: panic: in save"} {
		t.Run(what, func(t *testing.T) {
			slot, s := newShop(t, paths[0], host.DrainTimeout(100*time.Millisecond))
			c, other := cartOf(t, s, "save="+what), cartOf(t, s, "Ada")
			add(t, c, "apple", 1)
			swapped := make(chan error)
			go func() { _, err := slot.Swap(context.Background(), paths[1]); swapped <- err }()
			require.Eventually(t, func() bool { return slot.Current().Version() == "2" }, patience, time.Millisecond)
			require.NoError(t, <-swapped)
			assert.Equal(t, "2", versionOf(t, other))
			for range 2 {
				_, err := c.Add(t.Context(), "apple", 1)
				require.ErrorIs(t, err, contract.ErrGone)
				require.ErrorContains(t, err, says)
			}
		})
	}
	slot, s := newShop(t, paths[0], host.DrainTimeout(patience), host.BlueGreen(time.Hour))
	c := cartOf(t, s, "save=panic")
	_, err := slot.Swap(t.Context(), paths[1])
	require.NoError(t, err)
	assert.Equal(t, 1, add(t, c, "apple", 1))
	assert.Equal(t, "1", versionOf(t, c), "while that is kept")
}

// A version that crashes while it saves a cart takes along those that are still there.
func TestCrashesInSaves(t *testing.T) {
	paths := badshop(t, "1", "2")
	for _, what := range fatal {
		for who, opt := range map[string]host.Option{"swap": host.BlueGreen(0), "call": host.BlueGreen(time.Hour)} {
			t.Run(what+" in a "+who, func(t *testing.T) {
				slot, s := newShop(t, paths[0], host.DrainTimeout(patience), opt)
				c, moved := cartOf(t, s, "save="+what), cartOf(t, s, "Ada")
				_, err := slot.Swap(t.Context(), paths[1])
				require.NoError(t, err)
				if who == "call" { // which brings it along, while the version is kept
					add(t, moved, "apple", 1)
				}
				for range 2 {
					_, err := c.Add(t.Context(), "apple", 1)
					require.ErrorIs(t, err, contract.ErrGone)
					require.ErrorIs(t, err, host.ErrCrashed)
				}
				if who == "call" {
					assert.Equal(t, 2, add(t, moved, "apple", 1))
				}
				assert.Equal(t, "2", slot.Current().Version())
				assert.Equal(t, 1, add(t, cartOf(t, s, "Ada"), "apple", 1))
			})
		}
	}
}

// What can't be rebuilt is tried again with each call, and no method is called.
func TestFailingRestores(t *testing.T) {
	paths := badshop(t, "1", "2", "3")
	for what, says := range map[string]string{"error": "it fails in restore", "panic": "Cart_restore: panic: in restore"} {
		t.Run(what, func(t *testing.T) {
			slot, s := newShop(t, paths[0], host.DrainTimeout(patience))
			c := cartOf(t, s, "restore="+what+"@2")
			add(t, c, "apple", 1)
			_, err := slot.Swap(t.Context(), paths[1])
			require.NoError(t, err)
			for range 3 {
				_, err = c.Add(t.Context(), "apple", 1)
				require.ErrorIs(t, err, contract.ErrNotMoved)
				require.NotErrorIs(t, err, contract.ErrGone)
				require.ErrorContains(t, err, "the Cart could not be restored")
				require.ErrorContains(t, err, says)
				for _, err := range c.Lines(t.Context()) {
					require.ErrorIs(t, err, contract.ErrNotMoved)
				}
			}
			_, err = slot.Swap(t.Context(), paths[2])
			require.NoError(t, err)
			assert.Equal(t, 2, add(t, c, "apple", 1))
			assert.Equal(t, "3", versionOf(t, c))
		})
	}
}

// A version that crashes while it rebuilds a cart costs a call; the version that comes then may
// do better, and if it crashes, too, the cart is lost, and not the third version.
func TestCrashesInRestores(t *testing.T) {
	paths := badshop(t, "1", "2")
	for _, what := range fatal {
		t.Run(what, func(t *testing.T) {
			slot, s := newShop(t, paths[0], host.DrainTimeout(patience))
			better, lost := cartOf(t, s, "restore="+what+"@2"), cartOf(t, s, "restore="+what)
			for _, c := range []shop.Cart{better, lost} {
				add(t, c, "apple", 1)
			}
			_, err := slot.Swap(t.Context(), paths[1])
			require.NoError(t, err)
			_, err = better.Add(t.Context(), "apple", 1)
			require.ErrorIs(t, err, contract.ErrNotMoved)
			require.ErrorIs(t, err, host.ErrCrashed)
			require.NotErrorIs(t, err, contract.ErrGone)
			assert.Equal(t, 2, add(t, better, "apple", 1))
			assert.Equal(t, "1", versionOf(t, better), "which the slot is back to")

			_, err = lost.Add(t.Context(), "apple", 1)
			require.ErrorIs(t, err, host.ErrCrashed)
			require.NotErrorIs(t, err, contract.ErrGone)
			for range 3 {
				_, err = lost.Add(t.Context(), "apple", 1)
				require.ErrorIs(t, err, contract.ErrGone)
				require.ErrorIs(t, err, host.ErrCrashed)
			}
			assert.Equal(t, 1, add(t, cartOf(t, s, "Ada"), "apple", 1))
		})
	}
}

// When a takeover fails, carts go on in the version that is started again, and no call is lost.
func TestObjectsAtFailingTakeovers(t *testing.T) {
	paths := badshop(t, "1", "2")
	for _, what := range append([]string{"error", "panic", "hang"}, fatal...) {
		t.Run(what, func(t *testing.T) {
			timeout, swaps := patience, 3
			if what == "hang" || what == "goexit" { // neither ends the start hook
				timeout, swaps = 2*time.Second, 1 // which the version that is started again must not need
			}
			slot, s := newShop(t, paths[0], host.Exclusive(), host.DrainTimeout(patience), host.StartTimeout(timeout),
				host.Environ("BADSHOP=start="+what+"@2"))
			carts, added := make([]shop.Cart, 50), make([]atomic.Int64, 50)
			for i := range carts {
				carts[i] = cartOf(t, s, fmt.Sprint(i))
			}
			o := checkout(t, carts[0])
			var over atomic.Bool
			var calls atomic.Int64
			var callers sync.WaitGroup
			for first := range 4 {
				callers.Go(func() {
					for i := first; !over.Load(); i = (i + 1) % len(carts) {
						if _, err := carts[i].Add(context.Background(), "apple", 1); !assert.NoError(t, err) {
							return
						}
						added[i].Add(1)
						calls.Add(1)
						for _, err := range carts[i].Lines(context.Background()) {
							assert.NoError(t, err)
						}
						runtime.Gosched()
					}
				})
			}
			for range swaps {
				before := calls.Load()
				require.Eventually(t, func() bool { return calls.Load() > before || t.Failed() }, patience, time.Millisecond)
				_, err := slot.Swap(t.Context(), paths[1])
				require.Error(t, err)
				require.False(t, errors.Is(err, host.ErrBusy), "%v", err)
			}
			over.Store(true)
			callers.Wait()
			assert.Equal(t, "1", slot.Current().Version())
			for i, c := range carts {
				require.EqualValues(t, added[i].Load(), add(t, c, "apple", 0))
			}
			_, err := o.Due(t.Context())
			require.ErrorIs(t, err, contract.ErrGone, "it does not move")
		})
	}
}

// A takeover that a call is in the way of moves nothing.
func TestObjectsAtATakeoverThatIsGivenUp(t *testing.T) {
	paths := badshop(t, "1", "2")
	slot, s := newShop(t, paths[0], host.Exclusive(), host.DrainTimeout(patience), host.HandoverTimeout(20*time.Millisecond))
	busy, c, d := cartOf(t, s, "Ada"), cartOf(t, s, "Grace"), cartOf(t, s, "due=release")
	o := checkout(t, d)
	answer := make(chan error)
	go func() { _, err := busy.Add(context.Background(), "add=hang", 1); answer <- err }()
	require.Eventually(t, func() bool { return slot.Current().InFlight() == 1 }, patience, time.Millisecond)
	runtime.KeepAlive(d) // nothing else is inside
	_, err := slot.Swap(t.Context(), paths[1])
	require.ErrorIs(t, err, host.ErrBusy)
	assert.Equal(t, 1, add(t, c, "apple", 1))
	assert.Equal(t, "1", versionOf(t, c))
	_, err = o.Due(t.Context())
	require.NoError(t, err)
	require.NoError(t, <-answer)
	_, err = slot.Swap(t.Context(), paths[1])
	require.NoError(t, err)
	assert.Equal(t, 2, add(t, c, "apple", 1))
	assert.Equal(t, 2, add(t, busy, "apple", 1))
}
