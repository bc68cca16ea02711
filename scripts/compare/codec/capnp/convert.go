// Package capnp is a shop.Order as a Cap'n Proto struct. It is read in place: Put and Get are
// what a program needs whose own type is shop.Order.
package capnp

import (
	"errors"
	"time"

	"github.com/hotso/hotso/scripts/compare/shop"
)

// It needs the program capnp: capnproto.org/install.html.
//
//go:generate sh -c "capnp compile -I $(go list -m -f '{{.Dir}}' capnproto.org/go/capnp/v3)/std -o- order.capnp | go run capnproto.org/go/capnp/v3/capnpc-go -promises=0 -schemas=0 -structstrings=0"

// Put fills s in.
func (s Order) Put(o *shop.Order) error {
	s.SetNumber(o.Number)
	s.SetPlaced(o.Placed.UnixNano())
	s.SetExpress(o.Express)
	s.SetWeight(o.Weight)
	s.SetNet(o.Net)
	s.SetTax(o.Tax)
	s.SetTotal(o.Total)
	err := errors.Join(s.SetCustomer(o.Customer), s.SetEmail(o.Email), s.SetNote(o.Note))
	labels, failed := s.NewLabels(int32(len(o.Labels)))
	if err = errors.Join(err, failed); err != nil {
		return err
	}
	i := 0
	for name, value := range o.Labels {
		if err := errors.Join(labels.At(i).SetName(name), labels.At(i).SetValue(value)); err != nil {
			return err
		}
		i++
	}
	lines, err := s.NewLines(int32(len(o.Lines)))
	if err != nil {
		return err
	}
	for i, l := range o.Lines {
		line := lines.At(i)
		if err := line.SetSku(l.SKU); err != nil {
			return err
		}
		line.SetQuantity(l.Quantity)
		line.SetPrice(l.Price)
		line.SetSum(l.Sum)
	}
	return nil
}

// Get reads all of s.
func (s Order) Get(o *shop.Order) (err error) {
	text := func(v string, failed error) string {
		if failed != nil {
			err = failed
		}
		return v
	}
	*o = shop.Order{
		Number: s.Number(), Customer: text(s.Customer()), Email: text(s.Email()), Note: text(s.Note()),
		Placed: time.Unix(0, s.Placed()).UTC(), Express: s.Express(), Weight: s.Weight(),
		Net: s.Net(), Tax: s.Tax(), Total: s.Total(),
	}
	labels, failed := s.Labels()
	if failed != nil {
		return failed
	}
	o.Labels = make(map[string]string, labels.Len())
	for i := range labels.Len() {
		o.Labels[text(labels.At(i).Name())] = text(labels.At(i).Value())
	}
	lines, failed := s.Lines()
	if failed != nil {
		return failed
	}
	o.Lines = make([]shop.Line, lines.Len())
	for i := range o.Lines {
		l := lines.At(i)
		o.Lines[i] = shop.Line{SKU: text(l.Sku()), Quantity: l.Quantity(), Price: l.Price(), Sum: l.Sum()}
	}
	return err
}
