package contracttest

import (
	"context"
	"fmt"
	"path/filepath"
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
	"github.com/hotso/hotso/host/internal/libtest"
)

const patience = time.Minute

// libshop are versions of the example's library.
func libshop(t *testing.T, versions ...string) (paths []string) {
	t.Helper()
	root, err := libtest.Root()
	require.NoError(t, err)
	for _, v := range versions {
		paths = append(paths, libtest.Build(t, filepath.Join(root, "examples", "shop", "libshop"), v, libtest.Named("shop")))
	}
	return paths
}

// newShop is a slot with the first of the versions, and its shop.
func newShop(t *testing.T, path string, opts ...host.Option) (*host.Slot, shop.Shop) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("libraries are not unloaded here")
	}
	slot := host.NewSlot("shop", opts...)
	t.Cleanup(func() { _, _ = slot.Close(context.Background()) })
	s, err := shop.Bind(slot)
	require.NoError(t, err)
	_, err = slot.Swap(t.Context(), path)
	require.NoError(t, err)
	return slot, s
}

func cartOf(t *testing.T, s shop.Shop, customer string) shop.Cart {
	t.Helper()
	c, err := s.Open(t.Context(), customer)
	require.NoError(t, err)
	require.NotNil(t, c)
	return c
}

func add(t *testing.T, c shop.Cart, item string, count int) int {
	t.Helper()
	n, err := c.Add(t.Context(), item, count)
	require.NoError(t, err)
	return n
}

func checkout(t *testing.T, c shop.Cart) shop.Checkout {
	t.Helper()
	o, err := c.Checkout(t.Context())
	require.NoError(t, err)
	return o
}

func TestObjectsThroughALibrary(t *testing.T) {
	lib, err := host.Open(t.Context(), libshop(t, "1")[0], host.DrainTimeout(patience))
	require.NoError(t, err)
	s, err := shop.Bind(lib)
	require.NoError(t, err)
	ctx := t.Context()

	_, err = s.Open(ctx, "")
	require.ErrorContains(t, err, "a cart needs a customer")
	c, other := cartOf(t, s, "Ada"), cartOf(t, s, "Grace")
	assert.Equal(t, 2, add(t, c, "bread", 2))
	assert.Equal(t, 3, add(t, c, "bread", 1))
	assert.Equal(t, 1, add(t, other, "apple", 1))
	_, err = c.Add(ctx, "cake", 1)
	require.ErrorIs(t, err, shop.ErrNoItem)
	require.NotErrorIs(t, err, contract.ErrGone)
	var lines []shop.Line
	for line, err := range c.Lines(ctx) {
		require.NoError(t, err)
		lines = append(lines, line)
	}
	assert.Equal(t, []shop.Line{{Item: "bread", Count: 3}}, lines)

	o := checkout(t, c)
	due, err := o.Due(ctx)
	require.NoError(t, err)
	assert.Equal(t, 960, due)
	_, err = o.Pay(ctx, 900)
	var under *shop.Underpaid
	require.ErrorAs(t, err, &under)
	assert.Equal(t, 60, under.Missing)
	r, err := o.Pay(ctx, 1000)
	require.NoError(t, err)
	assert.Equal(t, shop.Receipt{Customer: "Ada", Paid: 960, Version: "1"}, r)

	require.NoError(t, c.Close())
	_, err = c.Add(ctx, "bread", 1)
	require.ErrorIs(t, err, contract.ErrGone)
	require.ErrorIs(t, c.Close(), contract.ErrGone)
	for _, err := range c.Lines(ctx) {
		require.ErrorIs(t, err, contract.ErrGone)
	}

	// The library stays while somebody has an object there; it goes when nobody refers to any.
	carts, err := s.Carts(ctx)
	require.NoError(t, err)
	assert.Equal(t, 1, carts)
	runtime.KeepAlive(other)
	closed := make(chan error)
	go func() { _, err := lib.Close(context.Background()); closed <- err }()
	collectUntil(t, func() bool {
		select {
		case err := <-closed:
			require.NoError(t, err)
			return true
		default:
			return false
		}
	})
	assert.Equal(t, host.Unloaded, lib.State())
}

// collectUntil collects garbage until something holds.
func collectUntil(t *testing.T, holds func() bool) {
	t.Helper()
	require.Eventually(t, func() bool { runtime.GC(); return holds() }, patience, time.Millisecond)
}

func TestForgottenObjectsAreFreed(t *testing.T) {
	_, s := newShop(t, libshop(t, "1")[0])
	kept := cartOf(t, s, "Ada")
	for range 1000 {
		add(t, cartOf(t, s, "Grace"), "apple", 1)
	}
	collectUntil(t, func() bool {
		n, err := s.Carts(t.Context())
		require.NoError(t, err)
		return n == 1
	})
	assert.Equal(t, 1, add(t, kept, "apple", 1))
}

// A cart goes on in the next version; a checkout keeps its own.
func TestObjectsMoveOrStay(t *testing.T) {
	paths := libshop(t, "1", "2", "3")
	slot, s := newShop(t, paths[0], host.DrainTimeout(patience))
	c := cartOf(t, s, "Ada")
	add(t, c, "bread", 1)
	o := checkout(t, c)
	swapped := make(chan error)
	go func() { _, err := slot.Swap(context.Background(), paths[1]); swapped <- err }()
	require.Eventually(t, func() bool { return slot.Current() != nil && slot.Current().Version() == "2" }, patience, time.Millisecond)
	assert.Equal(t, 2, add(t, c, "bread", 1))
	r, err := checkout(t, c).Pay(t.Context(), 1000)
	require.NoError(t, err)
	assert.Equal(t, shop.Receipt{Customer: "Ada", Paid: 640, Version: "2"}, r)
	r, err = o.Pay(t.Context(), 1000)
	require.NoError(t, err)
	assert.Equal(t, shop.Receipt{Customer: "Ada", Paid: 320, Version: "1"}, r)
	select {
	case err := <-swapped:
		t.Fatal("its version has left: ", err)
	default:
	}
	o = nil
	collectUntil(t, func() bool {
		select {
		case err := <-swapped:
			require.NoError(t, err)
			return true
		default:
			return false
		}
	})

	// Once a version waits no longer, what it has kept is gone, and what moves is not.
	slot, s = newShop(t, paths[0], host.DrainTimeout(50*time.Millisecond))
	c = cartOf(t, s, "Ada")
	o = checkout(t, c)
	swap, err := slot.Swap(t.Context(), paths[2])
	require.NoError(t, err)
	assert.Equal(t, host.Unloaded, swap.Old.State)
	_, err = o.Due(t.Context())
	require.ErrorIs(t, err, contract.ErrGone)
	assert.Equal(t, 1, add(t, c, "bread", 1))
	carts, err := s.Carts(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 1, carts)
}

// Carts move under traffic, and no call is lost.
func TestManyObjectsMoveUnderTraffic(t *testing.T) {
	objects := 10_000
	if raceEnabled {
		objects = 1000
	}
	paths := libshop(t, "1", "2", "3")
	slot, s := newShop(t, paths[0], host.DrainTimeout(patience), host.AllowDowngrade())
	carts, added := make([]shop.Cart, objects), make([]atomic.Int64, objects)
	for i := range carts {
		carts[i] = cartOf(t, s, fmt.Sprint(i))
	}
	var over atomic.Bool
	var callers sync.WaitGroup
	for first := range 4 {
		callers.Go(func() {
			for i := first; !over.Load(); i = (i + 7) % objects {
				n, err := carts[i].Add(context.Background(), "apple", 1)
				if !assert.NoError(t, err) {
					return
				}
				if now := added[i].Add(1); !assert.LessOrEqual(t, int64(n), now+4) {
					return
				}
				runtime.Gosched()
			}
		})
	}
	for i := range 6 {
		swap, err := slot.Swap(t.Context(), paths[(i+1)%3])
		require.NoError(t, err)
		require.Equal(t, host.Unloaded, swap.Old.State)
	}
	over.Store(true)
	callers.Wait()
	for i, c := range carts {
		n, err := c.Add(t.Context(), "apple", 0)
		require.NoError(t, err)
		require.EqualValues(t, added[i].Load(), n)
	}
	live, err := s.Carts(t.Context())
	require.NoError(t, err)
	assert.Equal(t, objects, live)
}

func TestObjectsOfACrashedVersionAreGone(t *testing.T) {
	slot, s := newShop(t, libshop(t, "1")[0])
	c := cartOf(t, s, "Ada")
	o := checkout(t, c)
	_, err := slot.Call(t.Context(), "hotso_drill", "throw")
	require.ErrorIs(t, err, host.ErrCrashed)
	_, err = c.Add(t.Context(), "apple", 1)
	require.ErrorIs(t, err, contract.ErrGone)
	require.ErrorIs(t, err, host.ErrCrashed)
	_, err = o.Due(t.Context())
	require.ErrorIs(t, err, contract.ErrGone)
	assert.Equal(t, 1, add(t, cartOf(t, s, "Grace"), "apple", 1))
}

// Where only one version may be live, what can't move is gone at once: nobody could be done
// with it while calls wait.
func TestObjectsAtATakeover(t *testing.T) {
	paths := libshop(t, "1", "2")
	slot, s := newShop(t, paths[0], host.Exclusive(), host.DrainTimeout(patience))
	c := cartOf(t, s, "Ada")
	add(t, c, "bread", 1)
	o := checkout(t, c)
	_, err := slot.Swap(t.Context(), paths[1])
	require.NoError(t, err)
	assert.Equal(t, 2, add(t, c, "bread", 1))
	_, err = o.Due(t.Context())
	require.ErrorIs(t, err, contract.ErrGone)
}

// Carts are taken along by takeovers, too, while they are called.
func TestObjectsMoveInTakeoversUnderTraffic(t *testing.T) {
	paths := libshop(t, "1", "2", "3")
	slot, s := newShop(t, paths[0], host.Exclusive(), host.DrainTimeout(patience), host.AllowDowngrade())
	carts, added := make([]shop.Cart, 200), make([]atomic.Int64, 200)
	for i := range carts {
		carts[i] = cartOf(t, s, fmt.Sprint(i))
	}
	var over atomic.Bool
	var callers sync.WaitGroup
	for first := range 4 {
		callers.Go(func() {
			for i := first; !over.Load(); i = (i + 1) % len(carts) {
				_, err := carts[i].Add(context.Background(), "apple", 1)
				if !assert.NoError(t, err) {
					return
				}
				added[i].Add(1)
				for _, err := range carts[i].Lines(context.Background()) {
					assert.NoError(t, err)
				}
				runtime.Gosched()
			}
		})
	}
	for i := range 6 {
		_, err := slot.Swap(t.Context(), paths[(i+1)%3])
		require.NoError(t, err)
	}
	over.Store(true)
	callers.Wait()
	for i, c := range carts {
		n, err := c.Add(t.Context(), "apple", 0)
		require.NoError(t, err)
		require.EqualValues(t, added[i].Load(), n)
	}
}

// A version goes also while what it keeps is called all the time.
func TestKeptObjectsUnderTraffic(t *testing.T) {
	paths := libshop(t, "1", "2")
	slot, s := newShop(t, paths[0], host.DrainTimeout(200*time.Millisecond))
	var callers sync.WaitGroup
	var kept atomic.Int64
	for range 4 {
		o := checkout(t, cartOf(t, s, "Ada"))
		callers.Go(func() {
			for {
				if _, err := o.Due(context.Background()); err != nil {
					assert.ErrorIs(t, err, contract.ErrGone)
					return
				}
				kept.Add(1)
				runtime.Gosched()
			}
		})
	}
	swap, err := slot.Swap(t.Context(), paths[1])
	require.NoError(t, err)
	assert.Equal(t, host.Unloaded, swap.Old.State)
	callers.Wait()
	assert.Positive(t, kept.Load())
}

// Objects of a canary stay there until it is aborted.
func TestObjectsOfACanary(t *testing.T) {
	paths := libshop(t, "1", "2")
	slot, s := newShop(t, paths[0])
	old := cartOf(t, s, "Ada")
	_, err := slot.Canary(t.Context(), paths[1], host.Share{Percent: 100}, host.Promotion{})
	require.NoError(t, err)
	c := cartOf(t, s, "Grace")
	version := func(c shop.Cart) string {
		r, err := checkout(t, c).Pay(t.Context(), 0)
		require.NoError(t, err)
		return r.Version
	}
	assert.Equal(t, "2", version(c))
	assert.Equal(t, "1", version(old), "it stays where it is")
	_, err = slot.Abort(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "1", version(c))
}

// A test of an implementation needs no library: what is nil, and what can't move, is told there.
func TestObjectsInProcess(t *testing.T) {
	server := &localShop{}
	shop.Export(func() (shop.ShopServer, error) { return server, nil })
	s, err := shop.Bind(contract.InProcess)
	require.NoError(t, err)
	c, err := s.Open(t.Context(), "")
	require.NoError(t, err)
	require.Nil(t, c)
	_, err = s.Open(t.Context(), "unmovable")
	require.ErrorIs(t, err, contract.ErrValue)
	require.ErrorContains(t, err, "it has no MarshalBinary")

	c = cartOf(t, s, "Ada")
	assert.Equal(t, 7, add(t, c, "bread", 7))
	require.NoError(t, c.Close())
	assert.EqualValues(t, 1, server.closed.Load())
	_, err = c.Add(t.Context(), "bread", 7)
	require.ErrorIs(t, err, contract.ErrGone)
	c = cartOf(t, s, "Grace") // nobody closes it
	add(t, c, "bread", 1)
	c = nil
	collectUntil(t, func() bool { return server.closed.Load() == 2 })

	c = cartOf(t, s, "Grace")
	require.NoError(t, contract.Stop("Shop"))
	assert.EqualValues(t, 3, server.closed.Load(), "the version has stopped")
	_, err = c.Add(t.Context(), "bread", 1)
	require.ErrorIs(t, err, contract.ErrGone)
}

// localShop has carts for those whose name says so.
type localShop struct{ closed atomic.Int64 }

func (s *localShop) Open(_ context.Context, customer string) (shop.Cart, error) {
	switch customer {
	case "":
		return nil, nil
	case "unmovable":
		return &localCart{server: s}, nil
	}
	return &movingCart{localCart{server: s}}, nil
}

func (s *localShop) Carts(context.Context) (int, error)          { return 0, nil }
func (s *localShop) RestoreCart(saved []byte) (shop.Cart, error) { return nil, nil }

type localCart struct {
	shop.Cart // the methods that are not called
	server    *localShop
}

func (c *localCart) Add(_ context.Context, _ string, count int) (int, error) { return count, nil }

func (c *localCart) Close() error {
	c.server.closed.Add(1)
	return nil
}

type movingCart struct{ localCart }

func (c *movingCart) MarshalBinary() ([]byte, error) { return nil, nil }

// TestExampleWithObjects runs the program of examples/shop.
func TestExampleWithObjects(t *testing.T) {
	paths := libshop(t, "1", "2")
	assert.Equal(t, "2 breads: 640\npaid to 1\n3 breads: 960\n", runExample(t, "./examples/shop/host", paths...))
}
