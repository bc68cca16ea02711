// Library missing is the greeter without Add: built under the greeter's name,
// it is a version that a host which has bound Add must refuse.
package main

// #cgo CFLAGS: -I${SRCDIR}/../../../include
// #include "cabi.h"
import "C"

import (
	"unsafe"

	"github.com/hotso/hotso/cabi"
)

//export Greet
func Greet() *C.char {
	defer cabi.Recover()
	return (*C.char)(cabi.CString("Hello, Golang!"))
}

//export GreetName
func GreetName(name *C.hotso_cchar, nameLen C.size_t, out *C.char, outCap C.size_t, outLen *C.size_t) C.hotso_status {
	buffer := cabi.Out(unsafe.Pointer(out), uintptr(outCap), unsafe.Pointer(outLen))
	return C.hotso_status(cabi.Text(buffer, func() (string, error) {
		return "Hello, " + cabi.String(unsafe.Pointer(name), uintptr(nameLen)) + "!", nil
	}))
}

func main() {}
