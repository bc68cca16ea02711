package contracttest

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/contract"
	"github.com/hotso/hotso/examples/shop/shop"
	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// badshop are versions of a shop whose customers' names say what fails.
func badshop(t *testing.T, versions ...string) (paths []string) {
	t.Helper()
	for _, v := range versions {
		paths = append(paths, libtest.Build(t, "badshop", v, libtest.Named("shop")))
	}
	return paths
}

// hung makes a call with a context that ends in a moment, after which the call is left behind.
func hung(t *testing.T, call func(context.Context) error) (err error) {
	t.Helper()
	for { // on a busy machine the context may have ended before the call has begun
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		err = call(ctx)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, host.ErrHung) {
			break
		}
	}
	require.ErrorIs(t, err, host.ErrHung)
	return err
}

func addTo(c shop.Cart, item string) func(context.Context) error {
	return func(ctx context.Context) error { _, err := c.Add(ctx, item, 1); return err }
}

// versionOf is where the cart is.
func versionOf(t *testing.T, c shop.Cart) string {
	t.Helper()
	r, err := checkout(t, c).Pay(t.Context(), 1)
	require.NoError(t, err)
	return r.Version
}

// A method that hangs costs its version, if the host says so.
func TestHungMethodOfAnObjectEndsItsVersion(t *testing.T) {
	paths := badshop(t, "1", "2", "3")
	slot, s := newShop(t, paths[0], host.KillHung())
	_, err := slot.Swap(t.Context(), paths[1])
	require.NoError(t, err)
	c, other := cartOf(t, s, "Ada"), cartOf(t, s, "Grace")
	o := checkout(t, other)
	err = hung(t, addTo(c, "add=hang"))
	require.ErrorIs(t, err, contract.ErrGone)
	for range 2 {
		_, err = c.Add(t.Context(), "apple", 1)
		require.ErrorIs(t, err, contract.ErrGone)
		require.ErrorIs(t, err, host.ErrCrashed)
		_, err = other.Add(t.Context(), "apple", 1)
		require.ErrorIs(t, err, host.ErrCrashed)
		_, err = o.Due(t.Context())
		require.ErrorIs(t, err, host.ErrCrashed)
	}
	c = cartOf(t, s, "Ada")
	add(t, c, "apple", 1)
	_, err = slot.Swap(t.Context(), paths[2])
	require.NoError(t, err)
	assert.Equal(t, 2, add(t, c, "apple", 1))
}

// An object whose call was left behind is not written down before that is over.
func TestObjectsMoveWhenCallsThatWereLeftBehindAreOver(t *testing.T) {
	paths := badshop(t, "1", "2")
	slot, s := newShop(t, paths[0], host.DrainTimeout(patience))
	c := cartOf(t, s, "Ada")
	o := checkout(t, cartOf(t, s, "due=release"))
	hung(t, addTo(c, "add=hang"))
	swapped := make(chan error)
	go func() { _, err := slot.Swap(context.Background(), paths[1]); swapped <- err }()
	require.Eventually(t, func() bool { return slot.Current().Version() == "2" }, patience, time.Millisecond)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := c.Add(ctx, "apple", 1)
	require.ErrorIs(t, err, context.DeadlineExceeded, "it waits")
	require.NotErrorIs(t, err, contract.ErrGone)
	_, err = o.Due(t.Context())
	require.NoError(t, err)
	o = nil
	require.NoError(t, <-swapped)
	assert.Equal(t, 2, add(t, c, "apple", 1))
	assert.Equal(t, "2", versionOf(t, c))
}

// An object is not written down either while a range over it ends, that its reader has left.
func TestObjectsMoveWhenRangesAreOver(t *testing.T) {
	paths := badshop(t, "1", "2")
	slot, s := newShop(t, paths[0], host.DrainTimeout(patience))
	c := cartOf(t, s, "lines=hang")
	o := checkout(t, cartOf(t, s, "due=release"))
	for _, err := range c.Lines(t.Context()) {
		require.NoError(t, err)
		break
	}
	swapped := make(chan error)
	go func() { _, err := slot.Swap(context.Background(), paths[1]); swapped <- err }()
	require.Eventually(t, func() bool { return slot.Current().Version() == "2" }, patience, time.Millisecond)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := c.Add(ctx, "apple", 1)
	require.ErrorIs(t, err, context.DeadlineExceeded, "it waits")
	_, err = o.Due(t.Context())
	require.NoError(t, err)
	o = nil
	assert.Equal(t, 1, add(t, c, "apple", 1))
	assert.Equal(t, "2", versionOf(t, c))
	require.NoError(t, <-swapped)
}

// What waits for a cart gets an error when the version with the cart waits no longer.
func TestNobodyWaitsLongerThanTheVersion(t *testing.T) {
	paths := badshop(t, "1", "2")
	t.Run("in a range", func(t *testing.T) {
		slot, s := newShop(t, paths[0], host.DrainTimeout(100*time.Millisecond))
		c := cartOf(t, s, "Ada")
		var swap sync.WaitGroup
		for _, err := range c.Lines(context.Background()) {
			require.NoError(t, err)
			swap.Go(func() { _, _ = slot.Swap(context.Background(), paths[1]) })
			require.Eventually(t, func() bool { return slot.Current().Version() == "2" }, patience, time.Millisecond)
			_, err = c.Add(context.Background(), "apple", 1)
			require.ErrorIs(t, err, contract.ErrGone)
			break
		}
		swap.Wait()
	})
	t.Run("after a hung call", func(t *testing.T) {
		slot, s := newShop(t, paths[0], host.DrainTimeout(100*time.Millisecond), host.ForceUnload())
		c := cartOf(t, s, "Ada")
		hung(t, addTo(c, "add=hang"))
		_, err := slot.Swap(t.Context(), paths[1])
		require.NoError(t, err)
		_, err = c.Add(context.Background(), "apple", 1)
		require.ErrorIs(t, err, contract.ErrGone)
	})
	t.Run("in a hung save", func(t *testing.T) {
		slot, s := newShop(t, paths[0], host.DrainTimeout(100*time.Millisecond), host.ForceUnload())
		c := cartOf(t, s, "save=hang")
		add(t, c, "apple", 1)
		swapped := make(chan error)
		go func() { _, err := slot.Swap(context.Background(), paths[1]); swapped <- err }()
		require.Eventually(t, func() bool { return slot.Current().Version() == "2" }, patience, time.Millisecond)
		_, err := c.Add(context.Background(), "apple", 1)
		require.ErrorIs(t, err, contract.ErrGone)
		require.NoError(t, <-swapped)
		_, err = c.Add(context.Background(), "apple", 1)
		require.ErrorIs(t, err, contract.ErrGone)
	})
}

// Saves that hang do not keep others, and have as long as the version waits, whatever limit calls
// have.
func TestHungSavesKeepNoOthers(t *testing.T) {
	paths := badshop(t, "1", "2")
	slot, s := newShop(t, paths[0], host.DrainTimeout(3*time.Second), host.CallTimeout(50*time.Millisecond), host.KillHung())
	var hanging, others []shop.Cart
	for range 100 {
		hanging = append(hanging, cartOf(t, s, "save=hang"))
	}
	for range 100 {
		others = append(others, cartOf(t, s, "Ada"))
	}
	_, err := slot.Swap(t.Context(), paths[1])
	require.NoError(t, err)
	for _, c := range others {
		assert.Equal(t, "2", versionOf(t, c))
	}
	for _, c := range hanging {
		_, err = c.Add(context.Background(), "apple", 1)
		require.ErrorIs(t, err, contract.ErrGone)
	}
}

// What hangs while it makes a cart is left behind, and the cart is closed that nobody gets.
func TestCartsThatNobodyGetsAreClosed(t *testing.T) {
	paths := badshop(t, "1", "2")
	slot, s := newShop(t, paths[0], host.DrainTimeout(patience))
	o := checkout(t, cartOf(t, s, "due=release"))
	for range 3 {
		hung(t, func(ctx context.Context) error { _, err := s.Open(ctx, "open=hang"); return err })
	}
	c := cartOf(t, s, "checkout=hang")
	hung(t, func(ctx context.Context) error { _, err := c.Checkout(ctx); return err })
	_, err := o.Due(t.Context())
	require.NoError(t, err)
	collectUntil(t, func() bool { // also that of o
		n, err := s.Carts(t.Context())
		require.NoError(t, err)
		return n == 1
	})
	o = nil
	_, err = slot.Swap(t.Context(), paths[1])
	require.NoError(t, err, "nobody keeps the version")
	assert.Equal(t, 1, add(t, c, "apple", 1))
}

func TestHungCreationEndsItsVersion(t *testing.T) {
	paths := badshop(t, "1", "2")
	slot, s := newShop(t, paths[0], host.KillHung())
	c := cartOf(t, s, "Ada")
	err := hung(t, func(ctx context.Context) error { _, err := s.Open(ctx, "open=hang"); return err })
	require.NotErrorIs(t, err, contract.ErrGone, "there was no object")
	_, err = c.Add(t.Context(), "apple", 1)
	require.ErrorIs(t, err, contract.ErrGone)
	c = cartOf(t, s, "Ada")
	_, err = slot.Swap(t.Context(), paths[1])
	require.NoError(t, err)
	assert.Equal(t, 1, add(t, c, "apple", 1))
}

// A Close that hangs is left behind, and its cart is closed.
func TestHungClose(t *testing.T) {
	paths := badshop(t, "1", "2")
	for name, kill := range map[string]bool{"left behind": false, "killed": true} {
		t.Run(name, func(t *testing.T) {
			opts := []host.Option{host.DrainTimeout(patience), host.CallTimeout(20 * time.Millisecond)}
			if kill {
				opts = append(opts, host.KillHung())
			}
			slot, s := newShop(t, paths[0], opts...)
			o := checkout(t, cartOf(t, s, "due=release"))
			c, other := cartOf(t, s, "close=hang"), cartOf(t, s, "Ada")
			require.ErrorIs(t, c.Close(), host.ErrHung)
			require.ErrorIs(t, c.Close(), contract.ErrGone)
			_, err := c.Add(t.Context(), "apple", 1)
			require.ErrorIs(t, err, contract.ErrGone)
			_, err = other.Add(t.Context(), "apple", 1)
			if kill {
				require.ErrorIs(t, err, contract.ErrGone)
				other = cartOf(t, s, "Ada")
				add(t, other, "apple", 1)
			} else {
				require.NoError(t, err)
				_, err = o.Due(t.Context())
				require.NoError(t, err)
			}
			o = nil
			_, err = slot.Swap(t.Context(), paths[1])
			require.NoError(t, err)
			assert.Equal(t, 2, add(t, other, "apple", 1))
		})
	}
}

// A forgotten cart whose Close hangs keeps no other from being closed.
func TestHungCloseOfAForgottenCart(t *testing.T) {
	paths := badshop(t, "1", "2")
	slot, s := newShop(t, paths[0], host.DrainTimeout(patience))
	o := checkout(t, cartOf(t, s, "due=release"))
	for range 5 {
		cartOf(t, s, "close=hang")
		cartOf(t, s, "Ada")
	}
	collectUntil(t, func() bool {
		n, err := s.Carts(t.Context())
		require.NoError(t, err)
		return n == 0
	})
	_, err := o.Due(t.Context())
	require.NoError(t, err)
	o = nil
	_, err = slot.Swap(t.Context(), paths[1])
	require.NoError(t, err)
}

// Calls of what stays in a version that others have left count as all others.
func TestCallsOfWhatStaysAreLimited(t *testing.T) {
	paths := badshop(t, "1", "2")
	slot, s := newShop(t, paths[0], host.DrainTimeout(patience), host.CancelGrace(patience), host.MaxCalls(2, time.Millisecond))
	c, d := cartOf(t, s, "wait"), cartOf(t, s, "Ada")
	waits, other := checkout(t, c), checkout(t, d)
	old := slot.Current()
	ctx, cancel := context.WithCancel(t.Context())
	var callers sync.WaitGroup
	for range 2 {
		callers.Go(func() { _, err := waits.Due(ctx); assert.NoError(t, err) })
	}
	require.Eventually(t, func() bool { return old.InFlight() == 2 }, patience, time.Millisecond)
	runtime.KeepAlive(c) // nothing else is inside
	runtime.KeepAlive(d)
	swapped := make(chan error)
	go func() { _, err := slot.Swap(context.Background(), paths[1]); swapped <- err }()
	require.Eventually(t, func() bool { return slot.Current() != old }, patience, time.Millisecond)
	_, err := other.Due(t.Context())
	require.ErrorIs(t, err, host.ErrTooManyCalls)
	require.NotErrorIs(t, err, contract.ErrGone)
	cancel()
	callers.Wait()
	_, err = other.Due(t.Context())
	require.NoError(t, err)
	waits, other = nil, nil
	require.NoError(t, <-swapped)
}

// A rebuild that hangs keeps its callers for as long as they like, and a version that comes
// later may do better.
func TestHungRestore(t *testing.T) {
	paths := badshop(t, "1", "2", "3")
	slot, s := newShop(t, paths[0], host.DrainTimeout(100*time.Millisecond), host.ForceUnload())
	c, other := cartOf(t, s, "restore=hang@2"), cartOf(t, s, "Ada")
	add(t, c, "apple", 1)
	_, err := slot.Swap(t.Context(), paths[1])
	require.NoError(t, err)
	for range 3 {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		_, err = c.Add(ctx, "apple", 1)
		cancel()
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NotErrorIs(t, err, contract.ErrGone)
	}
	add(t, other, "apple", 1)
	_, err = slot.Swap(t.Context(), paths[2])
	require.NoError(t, err)
	assert.Equal(t, 2, add(t, c, "apple", 1))
	assert.Equal(t, "3", versionOf(t, c))
	assert.Equal(t, "3", versionOf(t, other))
}

// One that hangs for longer than calls may costs its version, as any call.
func TestHungRestoreEndsItsVersion(t *testing.T) {
	paths := badshop(t, "1", "2")
	slot, s := newShop(t, paths[0], host.KillHung(), host.CallTimeout(50*time.Millisecond))
	c, lost := cartOf(t, s, "restore=hang@2"), cartOf(t, s, "restore=hang")
	for _, c := range []shop.Cart{c, lost} {
		add(t, c, "apple", 1)
	}
	_, err := slot.Swap(t.Context(), paths[1])
	require.NoError(t, err)
	_, err = c.Add(t.Context(), "apple", 1)
	require.ErrorIs(t, err, contract.ErrNotMoved)
	require.ErrorIs(t, err, host.ErrHung)
	// That version may take calls for a moment still.
	again := func(c shop.Cart) (err error) {
		for err = host.ErrCrashed; errors.Is(err, host.ErrCrashed) && !errors.Is(err, contract.ErrGone); {
			_, err = c.Add(t.Context(), "apple", 1)
		}
		return err
	}
	require.NoError(t, again(c))
	assert.Equal(t, "1", versionOf(t, c), "which the slot is back to")
	_, err = lost.Add(t.Context(), "apple", 1)
	require.ErrorIs(t, err, host.ErrHung)
	require.NotErrorIs(t, err, contract.ErrGone)
	require.ErrorIs(t, again(lost), contract.ErrGone)
}
