// Package pb is a shop.Order as a protobuf message, with the code of protoc-gen-go and of
// vtproto.
package pb

import (
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/hotso/hotso/scripts/compare/shop"
)

//go:generate go run ./generate

// FromOrder returns o as a message. It shares the map with o.
func FromOrder(o *shop.Order) *Order {
	m := &Order{
		Number: o.Number, Customer: o.Customer, Email: o.Email, Note: o.Note, Placed: timestamppb.New(o.Placed),
		Express: o.Express, Weight: o.Weight, Labels: o.Labels, Net: o.Net, Tax: o.Tax, Total: o.Total,
		Lines: make([]*Line, len(o.Lines)),
	}
	lines := make([]Line, len(o.Lines))
	for i, l := range o.Lines {
		line := &lines[i]
		line.Sku, line.Quantity, line.Price, line.Sum = l.SKU, l.Quantity, l.Price, l.Sum
		m.Lines[i] = line
	}
	return m
}

// Order returns m as a shop.Order. It shares the map with m.
func (m *Order) Order() shop.Order {
	o := shop.Order{
		Number: m.Number, Customer: m.Customer, Email: m.Email, Note: m.Note, Placed: m.Placed.AsTime(),
		Express: m.Express, Weight: m.Weight, Labels: m.Labels, Net: m.Net, Tax: m.Tax, Total: m.Total,
		Lines: make([]shop.Line, len(m.Lines)),
	}
	for i, l := range m.Lines {
		o.Lines[i] = shop.Line{SKU: l.Sku, Quantity: l.Quantity, Price: l.Price, Sum: l.Sum}
	}
	return o
}

// Price is shop.Local's, for a message.
func (m *Order) Price() error {
	if len(m.Lines) == 0 {
		return shop.ErrEmpty
	}
	m.Net = 0
	for _, l := range m.Lines {
		l.Sum = int64(l.Quantity) * l.Price
		m.Net += l.Sum
	}
	m.Tax = m.Net * 19 / 100
	m.Total = m.Net + m.Tax
	return nil
}
