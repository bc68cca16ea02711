// Package msgp is a shop.Order in MessagePack, with the code of tinylib/msgp.
package msgp

import (
	"time"

	"github.com/hotso/hotso/scripts/compare/shop"
)

//go:generate go tool msgp -o order_gen.go -io=false -tests=false

// An Order is a shop.Order.
type Order struct {
	Number   uint64
	Customer string
	Email    string
	Note     string
	Placed   time.Time
	Express  bool
	Weight   float64
	Labels   map[string]string
	Lines    []Line
	Net      int64
	Tax      int64
	Total    int64
}

// A Line is a shop.Line.
type Line struct {
	SKU      string
	Quantity int32
	Price    int64
	Sum      int64
}

// FromOrder returns o as an Order. It shares the map with o.
func FromOrder(o *shop.Order) *Order {
	lines := make([]Line, len(o.Lines))
	for i, l := range o.Lines {
		lines[i] = Line(l)
	}
	return &Order{
		Number: o.Number, Customer: o.Customer, Email: o.Email, Note: o.Note, Placed: o.Placed,
		Express: o.Express, Weight: o.Weight, Labels: o.Labels, Lines: lines, Net: o.Net, Tax: o.Tax, Total: o.Total,
	}
}

// Order returns m as a shop.Order. It shares the map with m.
func (m *Order) Order() shop.Order {
	lines := make([]shop.Line, len(m.Lines))
	for i, l := range m.Lines {
		lines[i] = shop.Line(l)
	}
	return shop.Order{
		Number: m.Number, Customer: m.Customer, Email: m.Email, Note: m.Note, Placed: m.Placed,
		Express: m.Express, Weight: m.Weight, Labels: m.Labels, Lines: lines, Net: m.Net, Tax: m.Tax, Total: m.Total,
	}
}
