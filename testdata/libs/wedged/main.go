// Command wedged is a library whose runtime prints that it gives up, but then does not end
// the process, as when two goroutines give up at the same time and wait for each other.
package main

import "C"

import (
	"github.com/hotso/hotso/cabi"
	"github.com/hotso/hotso/testdata/libs/wedged/world"
)

//export Add
func Add(a, b int32) int32 {
	defer cabi.Recover()
	return a + b
}

// Wedge never returns, nor does any other call from then on.
//
//export Wedge
func Wedge() {
	println("fatal error: wedged")
	world.Stop()
}

// Pretend only prints what a runtime says.
//
//export Pretend
func Pretend() { println("fatal error: nothing is wrong") }

func main() {}
