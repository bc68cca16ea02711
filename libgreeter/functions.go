//go:build cgo

package main

import (
	"github.com/hotso/hotso/cabi"
	"github.com/hotso/hotso/libgreeter/greeter"
)

var g = greeter.Greeter{Version: cabi.Version()}

// greet returns the greeting of this version.
//
//hotso:export cstring
func greet() string { return g.Greet() }

// greetName greets somebody by name. It fails if the name is empty or not UTF-8.
//
//hotso:export
func greetName(name string) (string, error) { return g.Name(name) }
