// Library echo sends every type that crosses the C ABI there and back.
package main

// #cgo CFLAGS: -I${SRCDIR}/../../../include
// #include "cabi.h"
import "C"

import (
	"bytes"
	"fmt"
	"slices"
	"time"
	"unsafe"

	"github.com/hotso/hotso/cabi"
)

//export Text
func Text(s *C.hotso_cchar, n C.size_t, out *C.char, outCap C.size_t, outLen *C.size_t) C.hotso_status {
	return C.hotso_status(cabi.Text(buffer(unsafe.Pointer(out), outCap, outLen), func() (string, error) {
		return cabi.String(unsafe.Pointer(s), uintptr(n)), nil
	}))
}

// Later looks at its argument a while after it came: the caller must keep it.
//
//export Later
func Later(s *C.hotso_cchar, n C.size_t, out *C.char, outCap C.size_t, outLen *C.size_t) C.hotso_status {
	return C.hotso_status(cabi.Text(buffer(unsafe.Pointer(out), outCap, outLen), func() (string, error) {
		time.Sleep(time.Millisecond)
		return cabi.String(unsafe.Pointer(s), uintptr(n)), nil
	}))
}

//export Bytes
func Bytes(p *C.hotso_cbyte, n C.size_t, out *C.uint8_t, outCap C.size_t, outLen *C.size_t) C.hotso_status {
	return C.hotso_status(cabi.Data(buffer(unsafe.Pointer(out), outCap, outLen), func() ([]byte, error) {
		return cabi.Bytes(unsafe.Pointer(p), uintptr(n)), nil
	}))
}

// CString returns s, up to a NUL, in memory that the caller frees.
//
//export CString
func CString(s *C.hotso_cchar, n C.size_t) *C.char {
	return (*C.char)(cabi.Guard(func() unsafe.Pointer {
		return cabi.CString(cabi.String(unsafe.Pointer(s), uintptr(n)))
	}))
}

// Big returns n bytes of the value fill. Calls tells that it ran once even if
// the result did not fit.
//
//export Big
func Big(n uint64, fill uint8, out *C.uint8_t, outCap C.size_t, outLen *C.size_t) C.hotso_status {
	return C.hotso_status(cabi.Data(buffer(unsafe.Pointer(out), outCap, outLen), func() ([]byte, error) {
		calls.Add(1)
		return bytes.Repeat([]byte{fill}, int(n)), nil
	}))
}

// Reverse returns the bytes backwards.
//
//export Reverse
func Reverse(p *C.hotso_cbyte, n C.size_t, out *C.uint8_t, outCap C.size_t, outLen *C.size_t) C.hotso_status {
	return C.hotso_status(cabi.Data(buffer(unsafe.Pointer(out), outCap, outLen), func() ([]byte, error) {
		data := slices.Clone(cabi.Bytes(unsafe.Pointer(p), uintptr(n)))
		slices.Reverse(data)
		return data, nil
	}))
}

// Mixed prints its arguments: more of them than there are registers, of every
// class.
//
//export Mixed
func Mixed(a int8, x float32, b uint16, s *C.hotso_cchar, sLen C.size_t, y float64, c bool, d int64,
	p *C.hotso_cbyte, pLen C.size_t, e uint32, out *C.char, outCap C.size_t, outLen *C.size_t,
) C.hotso_status {
	return C.hotso_status(cabi.Text(buffer(unsafe.Pointer(out), outCap, outLen), func() (string, error) {
		return fmt.Sprintf("%d %g %d %q %g %t %d %x %d", a, x, b, cabi.String(unsafe.Pointer(s), uintptr(sLen)),
			y, c, d, cabi.Bytes(unsafe.Pointer(p), uintptr(pLen)), e), nil
	}))
}

func buffer(out unsafe.Pointer, capacity C.size_t, length *C.size_t) cabi.Buffer {
	return cabi.Out(out, uintptr(capacity), unsafe.Pointer(length))
}

func main() {}
