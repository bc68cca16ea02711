// Package shop is what a host and the library of a shop agree on: a contract with objects.
// A cart moves to the next version of the library, and its customer goes on. A checkout stays
// with the version whose prices it has shown.
package shop

import (
	"context"
	"errors"
	"iter"
)

//go:generate go run github.com/hotso/hotso/host/cmd/hotso gen

// ErrNoItem: the shop does not sell that.
var ErrNoItem = errors.New("no such item")

// A Shop opens carts.
//
//hotso:contract
type Shop interface {
	// Open returns an empty cart.
	Open(ctx context.Context, customer string) (Cart, error)
	// Carts is how many are open, in the version that serves.
	Carts(ctx context.Context) (int, error)
}

// A Cart is what a customer wants to buy.
//
//hotso:moves
type Cart interface {
	// Add adds items, and returns how many of them are in the cart then.
	Add(ctx context.Context, item string, count int) (int, error)
	// Lines are what is in the cart, by item.
	Lines(ctx context.Context) iter.Seq2[Line, error]
	// Checkout says what it costs.
	Checkout(ctx context.Context) (Checkout, error)
	// Close gives the cart up.
	Close() error
}

// A Checkout is an offer.
type Checkout interface {
	// Due is the price of all items, in cents.
	Due(ctx context.Context) (int, error)
	// Pay pays it.
	Pay(ctx context.Context, cents int) (Receipt, error)
}

// A Line is one item of a cart.
type Line struct {
	Item  string `json:"item"`
	Count int    `json:"count"`
}

// A Receipt says what was paid, and to which version of the library.
type Receipt struct {
	Customer string `json:"customer"`
	Paid     int    `json:"paid"` // cents
	Version  string `json:"version"`
}

// Underpaid is the error of Pay.
type Underpaid struct {
	Missing int // cents
}

func (e *Underpaid) Error() string { return "that is not enough" }
