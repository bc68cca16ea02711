// Command host buys in a shop, whose library it changes in between:
//
//	hotso build ./examples/shop/libshop --version 1
//	hotso build ./examples/shop/libshop --version 2 --ldflags "-X main.percent=90"
//	CGO_ENABLED=0 go run ./examples/shop/host build/libshop.v1.so build/libshop.v2.so
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/hotso/hotso/examples/shop/shop"
	"github.com/hotso/hotso/host"
)

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "host:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) != 2 {
		return errors.New("usage: host FILE NEXT")
	}
	slot := host.NewSlot("shop")
	defer slot.Close(ctx)
	s, err := shop.Bind(slot)
	if err != nil {
		return err
	}
	if _, err := slot.Swap(ctx, args[0]); err != nil {
		return err
	}
	cart, err := s.Open(ctx, "Ada")
	if err != nil {
		return err
	}
	if _, err := cart.Add(ctx, "bread", 2); err != nil {
		return err
	}
	offer, err := cart.Checkout(ctx)
	if err != nil {
		return err
	}
	due, err := offer.Due(ctx)
	if err != nil {
		return err
	}
	fmt.Println("2 breads:", due)
	// The offer is of the version that is about to go, so it is taken now, or not at all.
	receipt, err := offer.Pay(ctx, due)
	if err != nil {
		return err
	}
	fmt.Println("paid to", receipt.Version)
	offer = nil

	if _, err := slot.Swap(ctx, args[1]); err != nil {
		return err
	}
	// The cart is the same, in another version.
	n, err := cart.Add(ctx, "bread", 1)
	if err != nil {
		return err
	}
	if offer, err = cart.Checkout(ctx); err != nil {
		return err
	}
	if due, err = offer.Due(ctx); err != nil {
		return err
	}
	fmt.Println(n, "breads:", due)
	return cart.Close()
}
