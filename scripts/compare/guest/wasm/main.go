//go:build wasip1

// Command wasm is the greeter for wasip1, built with -buildmode=c-shared. It has its
// own memory, so the host first asks for a place there, and copies in and out.
package main

import (
	"unsafe"

	"github.com/hotso/hotso/libgreeter/greeter"
)

var (
	g       = greeter.Greeter{Version: "1"}
	in, out []byte
)

// place returns the address where the host may write n bytes of an argument.
//
//go:wasmexport place
func place(n int32) unsafe.Pointer {
	if cap(in) < int(n) {
		in = make([]byte, n)
	}
	in = in[:n]
	return unsafe.Pointer(unsafe.SliceData(in))
}

// result returns the address of the last result.
//
//go:wasmexport result
func result() unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(out)) }

//go:wasmexport add
func add(a, b int32) int32 { return greeter.Add(a, b) }

// greet returns the length of the greeting for the argument, or -1.
//
//go:wasmexport greet
func greet() int32 {
	s, err := g.Name(string(in))
	if err != nil {
		return -1
	}
	out = append(out[:0], s...)
	return int32(len(out))
}

//go:wasmexport echo
func echo() int32 {
	out = append(out[:0], in...)
	return int32(len(out))
}

func main() {}
