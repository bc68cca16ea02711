//go:build cgo

package main

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"maps"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/hotso/hotso/cabi"
	"github.com/hotso/hotso/examples/shop/shop"
)

// percent is what a version takes of the prices, set by the linker.
var percent = "100"

// cents are the prices.
var cents = map[string]int{"apple": 50, "bread": 320, "coffee": 990}

// NewShop returns a shop without customers.
func NewShop() (shop.ShopServer, error) {
	p, err := strconv.Atoi(percent)
	if err != nil {
		return nil, err
	}
	return &server{percent: p}, nil
}

type server struct {
	percent int
	carts   atomic.Int64
}

func (s *server) Open(_ context.Context, customer string) (shop.Cart, error) {
	if customer == "" {
		return nil, errors.New("a cart needs a customer")
	}
	s.carts.Add(1)
	return &cart{server: s, Customer: customer, Items: map[string]int{}}, nil
}

func (s *server) Carts(context.Context) (int, error) { return int(s.carts.Load()), nil }

// RestoreCart is for a cart that was in another version.
func (s *server) RestoreCart(saved []byte) (shop.Cart, error) {
	c := &cart{server: s}
	if err := json.Unmarshal(saved, c); err != nil {
		return nil, err
	}
	s.carts.Add(1)
	return c, nil
}

// A cart moves as JSON, so that later versions can add to it.
type cart struct {
	server *server

	mu       sync.Mutex
	Customer string         `json:"customer"`
	Items    map[string]int `json:"items"`
}

// MarshalBinary is the last call of a cart that moves. No other is inside.
func (c *cart) MarshalBinary() ([]byte, error) {
	c.server.carts.Add(-1)
	return json.Marshal(c)
}

func (c *cart) Add(_ context.Context, item string, count int) (int, error) {
	if _, ok := cents[item]; !ok {
		return 0, shop.ErrNoItem
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.Items[item] += count
	return c.Items[item], nil
}

func (c *cart) Lines(context.Context) iter.Seq2[shop.Line, error] {
	c.mu.Lock()
	defer c.mu.Unlock()
	items := maps.Clone(c.Items)
	return func(yield func(shop.Line, error) bool) {
		for _, item := range slices.Sorted(maps.Keys(items)) {
			if !yield(shop.Line{Item: item, Count: items[item]}, nil) {
				return
			}
		}
	}
}

func (c *cart) Checkout(context.Context) (shop.Checkout, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	o := &checkout{customer: c.Customer}
	for item, count := range c.Items {
		o.due += count * cents[item] * c.server.percent / 100
	}
	return o, nil
}

// Close is also called for a cart to which nobody refers any more.
func (c *cart) Close() error {
	c.server.carts.Add(-1)
	return nil
}

// A checkout does not change, so it needs no lock.
type checkout struct {
	customer string
	due      int
}

func (o *checkout) Due(context.Context) (int, error) { return o.due, nil }

func (o *checkout) Pay(_ context.Context, cents int) (shop.Receipt, error) {
	if cents < o.due {
		return shop.Receipt{}, &shop.Underpaid{Missing: o.due - cents}
	}
	return shop.Receipt{Customer: o.customer, Paid: o.due, Version: cabi.Version()}, nil
}
