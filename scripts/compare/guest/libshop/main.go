// Command libshop is a library that prices orders: as the contract shop.Shop, and as functions
// from bytes to bytes, with JSON and with protobuf.
//
//hotso:contract ../../shop
package main

import (
	"context"
	"encoding/json"

	"github.com/hotso/hotso/scripts/compare/codec/pb"
	"github.com/hotso/hotso/scripts/compare/shop"
)

//go:generate go run -C ../../../.. ./host/cmd/hotso gen scripts/compare/guest/libshop

func init() {
	shop.Export(func() (shop.Shop, error) { return shop.Local{}, nil })
}

// priceJSON takes and returns a shop.Order as JSON.
//
//hotso:export
func priceJSON(order []byte) ([]byte, error) {
	var o shop.Order
	if err := json.Unmarshal(order, &o); err != nil {
		return nil, err
	}
	priced, err := shop.Local{}.Price(context.Background(), o)
	if err != nil {
		return nil, err
	}
	return json.Marshal(&priced)
}

// priceProto takes and returns a pb.Order, by the code of vtproto.
//
//hotso:export
func priceProto(order []byte) ([]byte, error) {
	var o pb.Order
	if err := o.UnmarshalVT(order); err != nil {
		return nil, err
	}
	if err := o.Price(); err != nil {
		return nil, err
	}
	return o.MarshalVT()
}

func main() {}
