package contracttest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
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

// A customer has a cart, and knows what is in it.
type customer struct {
	shop  shop.Shop
	cart  shop.Cart
	least int   // apples in the cart
	most  int   // more, by each call that was left: it may still come, at any later time
	ended int64 // crashes, before the cart was there
	stays bool  // a checkout that stays where it is does not last
}

// crashes are those of the shop's versions.
type crashes struct{ begun, ended atomic.Int64 }

// shopOnce makes one call. Only what changes says may have gone wrong.
func (c *customer) shopOnce(r *rand.Rand, crashes *crashes) error {
	ctx := context.Background()
	ended := crashes.ended.Load()
	impatient := r.IntN(8) == 0
	if impatient {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(r.IntN(1000))*time.Microsecond)
		defer cancel()
	}
	left := func(err error) bool { return impatient && errors.Is(err, context.DeadlineExceeded) }
	crashed := func(err error) bool {
		return (errors.Is(err, host.ErrCrashed) || errors.Is(err, contract.ErrGone)) && crashes.begun.Load() > c.ended
	}
	if c.cart == nil || r.IntN(20) == 0 {
		if c.cart != nil && r.IntN(2) == 0 {
			if err := c.cart.Close(); err != nil && !crashed(err) {
				return fmt.Errorf("Close: %w", err)
			}
		}
		c.ended = ended // of later ones the cart may be a victim
		cart, err := c.shop.Open(ctx, "Ada")
		if err != nil {
			c.cart = nil
			if left(err) || errors.Is(err, host.ErrCrashed) {
				return nil
			}
			return fmt.Errorf("Open: %w", err)
		}
		c.cart, c.least, c.most = cart, 0, 0
		return nil
	}
	err := c.use(ctx, r)
	switch {
	case err == nil, left(err):
	case crashed(err):
		c.cart = nil
	default:
		return err
	}
	return nil
}

func (c *customer) use(ctx context.Context, r *rand.Rand) error {
	switch r.IntN(4) {
	case 0:
		for line, err := range c.cart.Lines(ctx) {
			if err != nil {
				return fmt.Errorf("Lines: %w", err)
			}
			if line.Count < c.least || line.Count > c.most {
				return fmt.Errorf("%d apples, not %d to %d", line.Count, c.least, c.most)
			}
			c.least = line.Count
		}
	case 1:
		o, err := c.cart.Checkout(ctx)
		if err != nil {
			return fmt.Errorf("Checkout: %w", err)
		}
		if _, err := o.Due(ctx); err != nil && !(c.stays && errors.Is(err, contract.ErrGone)) {
			return fmt.Errorf("Due: %w", err)
		}
	default:
		c.most++
		n, err := c.cart.Add(ctx, "apple", 1)
		if err != nil {
			return fmt.Errorf("Add: %w", err)
		}
		if n <= c.least || n > c.most {
			return fmt.Errorf("%d apples, not more than %d to %d", n, c.least, c.most)
		}
		c.least = n
	}
	return nil
}

// Objects are used while versions are swapped, rolled back, tried on some calls, and crash, and
// while garbage is collected all the time. None is lost, unless its version has crashed.
func TestObjectsUnderChanges(t *testing.T) {
	t.Setenv("GOGC", "1") // of the libraries
	defer debug.SetGCPercent(debug.SetGCPercent(1))
	paths := libshop(t, "1", "2", "3")
	for name, opts := range map[string][]host.Option{
		"swapped":    {host.DrainTimeout(patience), host.AllowDowngrade()},
		"blue/green": {host.DrainTimeout(patience), host.AllowDowngrade(), host.BlueGreen(time.Hour)},
		"taken over": {host.DrainTimeout(patience), host.AllowDowngrade(), host.Exclusive()},
	} {
		t.Run(name, func(t *testing.T) {
			slot, s := newShop(t, paths[0], opts...)
			var over atomic.Bool
			var calls atomic.Int64
			var crashes crashes
			var customers sync.WaitGroup
			for i := range uint64(6) {
				customers.Go(func() {
					r := rand.New(rand.NewPCG(i, 3))
					c := &customer{shop: s, stays: name == "taken over"}
					for !over.Load() {
						if err := c.shopOnce(r, &crashes); !assert.NoError(t, err) {
							return
						}
						calls.Add(1)
					}
				})
			}
			ctx := t.Context()
			r := rand.New(rand.NewPCG(1, 1))
			current := 0
			for step := range 12 {
				before := calls.Load()
				require.Eventually(t, func() bool { return calls.Load() > before+50 || t.Failed() }, patience, time.Millisecond)
				if t.Failed() {
					break
				}
				next := (current + 1) % len(paths)
				switch {
				case step%4 == 3:
					crashes.begun.Add(1)
					_, err := slot.Call(ctx, "hotso_drill", "throw")
					crashes.ended.Add(1)
					require.ErrorIs(t, err, host.ErrCrashed)
				case name == "blue/green" && step%4 == 1:
					_, err := slot.Rollback(ctx)
					require.NoError(t, err)
					current = (current + len(paths) - 1) % len(paths)
				case name == "swapped" && r.IntN(3) == 0:
					_, err := slot.Canary(ctx, paths[next], host.Share{Percent: 50}, host.Promotion{})
					require.NoError(t, err)
					before := calls.Load()
					require.Eventually(t, func() bool { return calls.Load() > before+50 || t.Failed() }, patience, time.Millisecond)
					if r.IntN(2) == 0 {
						_, err = slot.Promote(ctx)
						current = next
					} else {
						_, err = slot.Abort(ctx)
					}
					require.NoError(t, err)
				default:
					_, err := slot.Swap(ctx, paths[next])
					require.NoError(t, err)
					current = next
				}
			}
			over.Store(true)
			customers.Wait()
			runtime.GC()
			t.Logf("%d calls", calls.Load())
			_, err := slot.Close(context.Background())
			require.NoError(t, err)
		})
	}
}

// Who uses objects when the slot is closed is told that it is, or that they are gone; and nobody
// waits for ever.
func TestObjectsOfAClosedSlot(t *testing.T) {
	path := libshop(t, "1")[0]
	for name, opts := range map[string][]host.Option{
		"patient":   {host.DrainTimeout(patience)},
		"impatient": {host.DrainTimeout(10 * time.Millisecond)},
	} {
		t.Run(name, func(t *testing.T) {
			slot, s := newShop(t, path, opts...)
			var users sync.WaitGroup
			for range 6 {
				c := cartOf(t, s, "Ada")
				users.Go(func() {
					var err error
					for err == nil {
						_, err = c.Add(context.Background(), "apple", 1)
					}
					assert.True(t, errors.Is(err, host.ErrClosed) || errors.Is(err, contract.ErrGone), "%v", err)
					err = c.Close()
					assert.True(t, errors.Is(err, host.ErrClosed) || errors.Is(err, contract.ErrGone), "%v", err)
				})
			}
			o := checkout(t, cartOf(t, s, "Grace"))
			if name == "patient" { // it would be waited for
				o = nil
			}
			_, err := slot.Close(t.Context())
			require.NoError(t, err)
			users.Wait()
			if o != nil {
				_, err = o.Due(t.Context())
				require.ErrorIs(t, err, contract.ErrGone)
			}
		})
	}
}
