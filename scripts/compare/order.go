package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/scripts/compare/codec/pb"
	"github.com/hotso/hotso/scripts/compare/guest/libshop/client"
	"github.com/hotso/hotso/scripts/compare/shop"
)

// The job order: shop.Sample goes in, and a priced copy and an error come out. Who has a type of
// its own for an order gets it as that, which is the best case for it.

// A Pricer is a way to do the job.
type Pricer struct {
	sent  func() shop.Order // what goes in
	price func() error      // the job
	order func() shop.Order // what came out last
	empty func() error      // prices an order without lines
}

func newPricer[T any](in, empty T, price func(context.Context, T) (T, error), order func(T) shop.Order) Pricer {
	var out T
	return Pricer{
		sent:  func() shop.Order { return order(in) },
		price: func() (err error) { out, err = price(ctx, in); return err },
		order: func() shop.Order { return order(out) },
		empty: func() error { _, err := price(ctx, empty); return err },
	}
}

// ofOrders is a Pricer whose type is shop.Order.
func ofOrders(price func(context.Context, shop.Order) (shop.Order, error)) Pricer {
	return newPricer(shop.Sample(), shop.Order{}, price, func(o shop.Order) shop.Order { return o })
}

// ofMessages is a Pricer whose type is the protobuf message.
func ofMessages(price func(context.Context, *pb.Order) (*pb.Order, error)) Pricer {
	sample := shop.Sample()
	return newPricer(pb.FromOrder(&sample), &pb.Order{}, price, (*pb.Order).Order)
}

// check does the job twice, as memory of the first may be used again.
func (p Pricer) check() error {
	want, err := shop.Local{}.Price(ctx, shop.Sample())
	if err != nil {
		return err
	}
	for range 2 {
		if err := p.price(); err != nil {
			return err
		}
		if got := p.order(); !reflect.DeepEqual(got, want) {
			return fmt.Errorf("the order is %+v, not %+v", got, want)
		}
	}
	if !reflect.DeepEqual(p.sent(), shop.Sample()) {
		return errors.New("what went in was changed")
	}
	if err := p.empty(); err == nil || !strings.Contains(err.Error(), shop.ErrEmpty.Error()) {
		return fmt.Errorf("an empty order fails with %v", err)
	}
	return nil
}

// In process, the implementation has a copy of its own, and so has the caller.
func orderCopied(Files) (Pricer, error)  { return copied(strings.Clone), nil }
func orderSharing(Files) (Pricer, error) { return copied(func(s string) string { return s }), nil }

func copied(text func(string) string) Pricer {
	var s shop.Shop = shop.Local{}
	return ofOrders(func(ctx context.Context, o shop.Order) (shop.Order, error) {
		o, err := s.Price(ctx, clone(o, text))
		return clone(o, text), err
	})
}

// clone is a deep copy, whose strings are what text returns.
func clone(o shop.Order, text func(string) string) shop.Order {
	o.Customer, o.Email, o.Note = text(o.Customer), text(o.Email), text(o.Note)
	labels := make(map[string]string, len(o.Labels))
	for name, value := range o.Labels {
		labels[text(name)] = text(value)
	}
	o.Labels = labels
	o.Lines = slices.Clone(o.Lines)
	for i := range o.Lines {
		o.Lines[i].SKU = text(o.Lines[i].SKU)
	}
	return o
}

// shopSlot is a slot with the library that prices orders.
func shopSlot(f Files) (*host.Slot, error) {
	slot := host.NewSlot("shop")
	_, err := slot.Swap(ctx, f.Shop)
	return slot, err
}

func orderContract(f Files) (Pricer, error) {
	slot, err := shopSlot(f)
	if err != nil {
		return Pricer{}, err
	}
	s, err := shop.Bind(slot)
	if err != nil {
		return Pricer{}, err
	}
	return ofOrders(s.Price), nil
}

func shopClient(f Files) (*client.Client, error) {
	slot, err := shopSlot(f)
	if err != nil {
		return nil, err
	}
	return client.New(slot)
}

func orderJSON(f Files) (Pricer, error) {
	c, err := shopClient(f)
	return ofOrders(func(ctx context.Context, o shop.Order) (priced shop.Order, err error) {
		data, err := json.Marshal(&o)
		if err != nil {
			return priced, err
		}
		if data, err = c.PriceJSON(ctx, data); err != nil {
			return priced, err
		}
		return priced, json.Unmarshal(data, &priced)
	}), err
}

func orderProto(f Files) (Pricer, error) {
	c, err := shopClient(f)
	return ofMessages(func(ctx context.Context, m *pb.Order) (*pb.Order, error) { return viaProto(ctx, c, m) }), err
}

// orderConverted is orderProto for a host whose own type is shop.Order.
func orderConverted(f Files) (Pricer, error) {
	c, err := shopClient(f)
	return ofOrders(func(ctx context.Context, o shop.Order) (shop.Order, error) {
		m, err := viaProto(ctx, c, pb.FromOrder(&o))
		if err != nil {
			return shop.Order{}, err
		}
		return m.Order(), nil
	}), err
}

func viaProto(ctx context.Context, c *client.Client, m *pb.Order) (*pb.Order, error) {
	data, err := m.MarshalVT()
	if err != nil {
		return nil, err
	}
	if data, err = c.PriceProto(ctx, data); err != nil {
		return nil, err
	}
	priced := &pb.Order{}
	return priced, priced.UnmarshalVT(data)
}

func orderNetRPC(f Files) (Pricer, error) {
	g, err := newGoPlugin(f, "netrpc")
	if err != nil {
		return Pricer{}, err
	}
	return ofOrders(g.remote.(rpcClient).Price), nil
}

func orderGRPC(f Files) (Pricer, error) {
	g, err := newGoPlugin(f, "grpc")
	if err != nil {
		return Pricer{}, err
	}
	return ofMessages(g.remote.(grpcClient).Price), nil
}
