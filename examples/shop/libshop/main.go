//go:build cgo

// Command libshop is a library that serves the contract of package shop. Its prices may be
// changed by the next version:
//
//	hotso build ./examples/shop/libshop --version 1
//	hotso build ./examples/shop/libshop --version 2 --ldflags "-X main.percent=90"
//
//hotso:contract github.com/hotso/hotso/examples/shop/shop
package main

//go:generate go run github.com/hotso/hotso/host/cmd/hotso gen

import "github.com/hotso/hotso/examples/shop/shop"

func init() { shop.Export(NewShop) }

func main() {}
