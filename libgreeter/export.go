package main

// #cgo CFLAGS: -I${SRCDIR}/../include
// #include "greeter.h"
import "C"

import (
	"unsafe"

	"github.com/hotso/hotso/cabi"
	"github.com/hotso/hotso/libgreeter/greeter"
)

var g = greeter.Greeter{Version: cabi.Version()}

// Including greeter.h above makes a drift between header and exports a
// compile error.

//export Greet
func Greet() *C.char {
	return (*C.char)(cabi.Guard(func() unsafe.Pointer { return cabi.CString(g.Greet()) }))
}

//export Add
func Add(a, b C.int32_t) C.int32_t {
	return C.int32_t(cabi.Guard(func() int32 { return greeter.Add(int32(a), int32(b)) }))
}

//export GreetName
func GreetName(name *C.hotso_cchar, nameLen C.size_t, out *C.char, outCap C.size_t, outLen *C.size_t) C.hotso_status {
	result := cabi.Out(unsafe.Pointer(out), uintptr(outCap), unsafe.Pointer(outLen))
	return C.hotso_status(cabi.Text(result, func() (string, error) {
		return g.Name(cabi.String(unsafe.Pointer(name), uintptr(nameLen)))
	}))
}
