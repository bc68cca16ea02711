//go:build cgo

// Command badshop serves the contract of examples/shop, and does what the names of its customers
// say, the items that they add, and BADSHOP in its environment.
//
//hotso:contract github.com/hotso/hotso/examples/shop/shop
package main

//go:generate go run github.com/hotso/hotso/host/cmd/hotso gen

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/hotso/hotso/cabi"
	"github.com/hotso/hotso/examples/shop/shop"
)

func init() {
	shop.Export(func() (shop.ShopServer, error) { return &server{}, do("start", os.Getenv("BADSHOP")) })
}

func main() {}

// released is closed to have what hangs go on.
var (
	released = make(chan struct{})
	release  = sync.OnceFunc(func() { close(released) })
)

// do does what a name says of a moment: "save=panic", or "save=panic@2" for version 2 only.
func do(moment, name string) error {
	for _, word := range strings.Fields(name) {
		at, what, _ := strings.Cut(word, "=")
		what, version, only := strings.Cut(what, "@")
		if at == moment && (!only || version == cabi.Version()) {
			return fault(moment, what)
		}
	}
	return nil
}

func fault(moment, what string) error {
	switch what {
	case "hang":
		<-released
	case "release":
		release()
	case "error":
		return errors.New("it fails in " + moment)
	case "panic":
		panic("in " + moment)
	case "goroutine":
		go panic("in " + moment)
		select {}
	case "exit":
		os.Exit(3)
	case "throw":
		writeMap()
	case "goexit":
		runtime.Goexit()
	}
	return nil
}

// writeMap ends in an error that nobody can recover from: concurrent map writes.
func writeMap() {
	runtime.GOMAXPROCS(max(2, runtime.GOMAXPROCS(0)))
	m := map[int]int{}
	for range 4 {
		go func() {
			for i := 0; ; i++ {
				m[i%8] = i
			}
		}()
	}
	select {}
}

type server struct{ carts atomic.Int64 }

func (s *server) Open(_ context.Context, customer string) (shop.Cart, error) {
	if err := do("open", customer); err != nil {
		return nil, err
	}
	return s.newCart(&cart{Customer: customer}), nil
}

func (s *server) newCart(c *cart) *cart {
	s.carts.Add(1)
	c.server = s
	return c
}

// Carts are those that are neither closed nor saved.
func (s *server) Carts(context.Context) (int, error) { return int(s.carts.Load()), nil }

func (s *server) RestoreCart(saved []byte) (shop.Cart, error) {
	c := &cart{}
	if err := json.Unmarshal(saved, c); err != nil {
		return nil, err
	}
	if err := do("restore", c.Customer); err != nil {
		return nil, err
	}
	return s.newCart(c), nil
}

type cart struct {
	server   *server
	calls    atomic.Int64 // inside
	mu       sync.Mutex   // guards Count
	Customer string
	Count    int
}

// Add adds to a count, whatever the item is; an item that is a moment may be a fault.
func (c *cart) Add(_ context.Context, item string, count int) (int, error) {
	c.calls.Add(1)
	defer c.calls.Add(-1)
	err := do("add", item)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.Count += count
	return c.Count, err
}

// Lines are three; what fails, does so behind them.
func (c *cart) Lines(context.Context) iter.Seq2[shop.Line, error] {
	return func(yield func(shop.Line, error) bool) {
		c.calls.Add(1)
		defer c.calls.Add(-1)
		for i := range 3 {
			if !yield(shop.Line{Item: c.Customer, Count: i}, nil) {
				break
			}
		}
		_ = do("lines", c.Customer)
	}
}

func (c *cart) Checkout(context.Context) (shop.Checkout, error) {
	return &checkout{customer: c.Customer}, do("checkout", c.Customer)
}

// MarshalBinary must find no call inside.
func (c *cart) MarshalBinary() ([]byte, error) {
	if c.calls.Load() != 0 {
		panic("saved during a call")
	}
	if err := do("save", c.Customer); err != nil {
		return nil, err
	}
	c.server.carts.Add(-1)
	return json.Marshal(c)
}

func (c *cart) Close() error {
	c.server.carts.Add(-1)
	return do("close", c.Customer)
}

type checkout struct{ customer string }

// Due waits for its caller to leave if the customer's name is "wait".
func (o *checkout) Due(ctx context.Context) (int, error) {
	if o.customer == "wait" {
		<-ctx.Done()
	}
	return 1, do("due", o.customer)
}

func (o *checkout) Pay(context.Context, int) (shop.Receipt, error) {
	return shop.Receipt{Customer: o.customer, Version: cabi.Version()}, do("pay", o.customer)
}
