package main

// #include "cabi.h"
import "C"

import (
	"unsafe"

	"github.com/hotso/hotso/cabi"
)

// Join has more arguments than there are integer registers, followed by a buffer for
// the result.
//
//export Join
func Join(a *C.hotso_cchar, aLen C.size_t, b *C.hotso_cchar, bLen C.size_t, c *C.hotso_cchar, cLen C.size_t,
	d *C.hotso_cchar, dLen C.size_t, out *C.char, outCap C.size_t, outLen *C.size_t,
) C.hotso_status {
	return C.hotso_status(cabi.Text(buffer(unsafe.Pointer(out), outCap, outLen), func() (string, error) {
		return cabi.String(unsafe.Pointer(a), uintptr(aLen)) + cabi.String(unsafe.Pointer(b), uintptr(bLen)) +
			cabi.String(unsafe.Pointer(c), uintptr(cLen)) + cabi.String(unsafe.Pointer(d), uintptr(dLen)), nil
	}))
}

// Weigh takes arguments in registers of both classes and returns a plain value.
//
//export Weigh
func Weigh(a float64, b int8, c float32, d int64) float64 {
	return a + 10*float64(b) + 100*float64(c) + 1000*float64(d)
}

// Digits writes ten integers side by side: four of them are passed on the stack.
//
//export Digits
func Digits(a, b int64, c uint8, d int16, e int32, f uint32, g int8, h int64, i uint16, j int64) int64 {
	n := int64(0)
	for _, digit := range []int64{a, b, int64(c), int64(d), int64(e), int64(f), int64(g), h, int64(i), j} {
		n = 10*n + digit
	}
	return n
}

// Floats writes eight floating point numbers side by side: as many as are passed in
// registers.
//
//export Floats
func Floats(a float64, b float32, c, d float64, e float32, f, g, h float64) float64 {
	n := 0.0
	for _, digit := range []float64{a, float64(b), c, d, float64(e), f, g, h} {
		n = 10*n + digit
	}
	return n
}

// Nine has more floating point arguments than a host can pass.
//
//export Nine
func Nine(a, b, c, d, e, f, g, h, i float64) float64 { return a + b + c + d + e + f + g + h + i }
