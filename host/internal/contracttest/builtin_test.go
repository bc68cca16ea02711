package contracttest

import (
	"context"
	"encoding/binary"
	"iter"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/contract"
	"github.com/hotso/hotso/examples/shop/shop"
	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/hosttest"
)

// A till is a shop of apples that is linked into the test.
type till struct {
	version     string
	carts, gone atomic.Int64
}

func (s *till) Open(context.Context, string) (shop.Cart, error) {
	s.carts.Add(1)
	return &basket{till: s}, nil
}
func (s *till) Carts(context.Context) (int, error) { return int(s.carts.Load()), nil }
func (s *till) RestoreCart(saved []byte) (shop.Cart, error) {
	s.carts.Add(1)
	b := &basket{till: s}
	b.apples.Store(int64(binary.LittleEndian.Uint64(saved)))
	return b, nil
}

type basket struct {
	*till
	apples atomic.Int64
}

func (b *basket) Add(_ context.Context, _ string, n int) (int, error) {
	return int(b.apples.Add(int64(n))), nil
}
func (b *basket) Lines(context.Context) iter.Seq2[shop.Line, error] {
	return func(yield func(shop.Line, error) bool) {
		yield(shop.Line{Item: b.version, Count: int(b.apples.Load())}, nil)
	}
}
func (b *basket) Checkout(context.Context) (shop.Checkout, error) { return &offer{b.till}, nil }
func (b *basket) MarshalBinary() ([]byte, error) {
	return binary.LittleEndian.AppendUint64(nil, uint64(b.apples.Load())), nil
}
func (b *basket) Close() error { b.gone.Add(1); return nil }

type offer struct{ *till }

func (o *offer) Due(context.Context) (int, error) { return 1, nil }
func (o *offer) Pay(_ context.Context, cents int) (shop.Receipt, error) {
	return shop.Receipt{Paid: cents, Version: o.version}, nil
}

// Objects of what is linked in move, stay and end as those of a library do.
func TestObjectsOfBuiltins(t *testing.T) {
	first, second := &till{version: "1"}, &till{version: "2"}
	slot := hosttest.New(t, first)
	s, err := shop.Bind(slot)
	require.NoError(t, err)
	c := cartOf(t, s, "Ada")
	assert.Equal(t, 3, add(t, c, "apple", 3))
	o := checkout(t, c)
	swapped := make(chan error, 1)
	go func() {
		_, err := slot.SwapTo(t.Context(), hosttest.Version(t, slot, "2", second))
		swapped <- err
	}()
	require.Eventually(t, func() bool { return slot.Current().Version() == "2" }, patience, time.Millisecond)
	assert.Equal(t, 5, add(t, c, "apple", 2), "the cart has moved")
	for line, err := range c.Lines(t.Context()) {
		require.NoError(t, err)
		assert.Equal(t, shop.Line{Item: "2", Count: 5}, line)
	}
	paid, err := o.Pay(t.Context(), 1)
	require.NoError(t, err)
	assert.Equal(t, "1", paid.Version, "the offer stays")
	hosttest.Crash(t, slot, "out of luck")
	_, err = c.Add(t.Context(), "apple", 1)
	require.ErrorIs(t, err, contract.ErrGone)
	runtime.KeepAlive(o) // from here on it is nobody's
	require.NoError(t, <-swapped)
}

// When a version stops, only its own objects are closed.
func TestObjectsOfOneBuiltinAreClosed(t *testing.T) {
	first, second := &till{version: "1"}, &till{version: "2"}
	var slots [2]*host.Slot
	for i, x := range []*till{first, second} {
		slots[i] = host.NewSlot("shop", host.Fallback(host.Builtin("1", x)))
		s, err := shop.Bind(slots[i])
		require.NoError(t, err)
		c := cartOf(t, s, "Ada")
		defer func() { _ = c.Close() }()
	}
	_, err := slots[0].Close(context.Background())
	require.NoError(t, err)
	assert.Zero(t, second.gone.Load())
	_, err = slots[1].Close(context.Background())
	require.NoError(t, err)
}

// A counter implements a part of shop.Shop.
type counter struct{}

func (counter) Carts(context.Context) (int, error) { return 0, nil }
func (counter) Name() string                       { return "a function of its own" }

// An opener has a method of another type.
type opener struct{ counter }

func (opener) Open(context.Context, int) (shop.Cart, error) { return nil, nil }

// A closed one has nothing else that crosses.
type closed struct{}

func (closed) Open(context.Context, string) (shop.Cart, error) { return nil, nil }

// What does not serve a contract says which method keeps it from that.
func TestBuiltinLacksAMethod(t *testing.T) {
	slot := host.NewSlot("shop")
	_, err := shop.Bind(slot)
	require.NoError(t, err)
	for _, test := range []struct {
		implementation any
		reason         error
		says           string
	}{
		{counter{}, host.ErrContract, "it serves no contract Shop: *contracttest.counter has no method Open, a func(context.Context, string) (shop.Cart, error)"},
		{opener{}, host.ErrContract, "the method Open of *contracttest.opener is a func(context.Context, int) (shop.Cart, error), not a func(context.Context, string)"},
		{func() (*opener, error) { return nil, nil }, host.ErrContract, "the method Open of *contracttest.opener"},
		{till{}, host.ErrArgument, "*contracttest.till implements shop.ShopServer, and contracttest.till does not"},
		{closed{}, host.ErrArgument, "*contracttest.closed has no method Carts"},
		{map[string]any{"Name": counter{}.Name}, host.ErrContract, "it is a map of functions"},
	} {
		_, err := slot.SwapTo(t.Context(), host.Builtin("1", test.implementation))
		require.ErrorIs(t, err, test.reason, test.says)
		assert.ErrorContains(t, err, test.says)
	}

	unbound := host.NewSlot("shop", host.Fallback(host.Builtin("1", counter{})))
	_, err = shop.Bind(unbound)
	require.ErrorIs(t, err, host.ErrContract)
	assert.ErrorContains(t, err, "has no method Open")
	_, err = unbound.Close(t.Context())
	require.NoError(t, err)
}
