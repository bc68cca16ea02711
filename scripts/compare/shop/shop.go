// Package shop is the contract of the job "order": an ordinary Go value goes in, and an
// enriched copy of it and an error come out.
package shop

import (
	"context"
	"errors"
	"time"
)

//go:generate go run -C ../../.. ./host/cmd/hotso gen scripts/compare/shop

// A Shop prices orders.
//
//hotso:contract
type Shop interface {
	// Price fills in what the lines and the order cost. It keeps nothing of o.
	Price(ctx context.Context, o Order) (Order, error)
}

// An Order has what values of real programs have: text, numbers, a time, a map, and a list of
// structs. Money is in cents.
type Order struct {
	Number   uint64
	Customer string
	Email    string
	Note     string
	Placed   time.Time
	Express  bool
	Weight   float64 // kg
	Labels   map[string]string
	Lines    []Line
	Net      int64
	Tax      int64
	Total    int64
}

// A Line is one article of an order.
type Line struct {
	SKU      string
	Quantity int32
	Price    int64 // of one
	Sum      int64
}

// ErrEmpty: an order without lines has no price.
var ErrEmpty = errors.New("the order is empty")

// Sample is the order that all jobs and benchmarks carry.
func Sample() Order {
	return Order{
		Number: 100_042, Customer: "Ada Lovelace", Email: "ada@example.com", Note: "Please ring twice, the bell is quiet.",
		Placed: time.Date(2026, 11, 23, 10, 15, 30, 250_000_000, time.UTC), Express: true, Weight: 2.75,
		Labels: map[string]string{"channel": "web", "campaign": "autumn-2026", "warehouse": "north", "currency": "EUR"},
		Lines: []Line{
			{SKU: "TEA-0001", Quantity: 2, Price: 499},
			{SKU: "CUP-0017", Quantity: 4, Price: 1250},
			{SKU: "POT-0003", Quantity: 1, Price: 3900},
			{SKU: "SPOON-0208", Quantity: 12, Price: 175},
			{SKU: "SUGAR-0011", Quantity: 1, Price: 219},
		},
	}
}

// Local is the implementation, for libraries and servers.
type Local struct{}

// Price implements Shop.
func (Local) Price(_ context.Context, o Order) (Order, error) {
	if len(o.Lines) == 0 {
		return Order{}, ErrEmpty
	}
	o.Net = 0
	for i := range o.Lines {
		l := &o.Lines[i]
		l.Sum = int64(l.Quantity) * l.Price
		o.Net += l.Sum
	}
	o.Tax = o.Net * 19 / 100
	o.Total = o.Net + o.Tax
	return o, nil
}
