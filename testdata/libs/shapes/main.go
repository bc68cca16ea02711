// Command shapes serves the contract of tests.
//
//hotso:contract github.com/hotso/hotso/testdata/contracts/shapes
package main

import (
	"github.com/hotso/hotso/cabi"
	"github.com/hotso/hotso/testdata/contracts/shapes"
	"github.com/hotso/hotso/testdata/contracts/shapes/served"
)

func init() {
	shapes.Export(func() (shapes.Shapes, error) { return served.Shapes{Version: cabi.Version()}, nil })
}

func main() {}
