// Command libhello is a library that serves the contract greeting.Greeter:
//
//	hotso build ./examples/contract/libhello --version 1 -o build
//
//hotso:contract ../greeting
package main

import "github.com/hotso/hotso/examples/contract/greeting"

//go:generate go run github.com/hotso/hotso/host/cmd/hotso gen

func init() { greeting.Export(NewGreeter) }

func main() {}
