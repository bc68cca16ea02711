// Library environ says what its runtime found when it began.
package main

// #cgo CFLAGS: -I${SRCDIR}/../../../include
// #include "cabi.h"
import "C"

import (
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"unsafe"

	"github.com/hotso/hotso/cabi"
)

var (
	atInit      = os.Getenv("HOTSO_TEST")
	procsAtInit = runtime.GOMAXPROCS(0)
)

// Getenv returns a variable.
//
//export Getenv
func Getenv(name *C.hotso_cchar, nameLen C.size_t, out *C.char, outCap C.size_t, outLen *C.size_t) (answer C.hotso_status) {
	defer cabi.RecoverStatus(&answer)
	buffer := cabi.Out(unsafe.Pointer(out), uintptr(outCap), unsafe.Pointer(outLen))
	return C.hotso_status(buffer.Text(os.Getenv(cabi.String(unsafe.Pointer(name), uintptr(nameLen))), nil))
}

// AtInit returns HOTSO_TEST as it was in a variable's initialisation.
//
//export AtInit
func AtInit() *C.char {
	defer cabi.Recover()
	return (*C.char)(cabi.CString(atInit))
}

// Args returns the arguments, in lines.
//
//export Args
func Args() *C.char {
	defer cabi.Recover()
	return (*C.char)(cabi.CString(strings.Join(os.Args, "\n")))
}

// Procs returns GOMAXPROCS.
//
//export Procs
func Procs() int64 {
	defer cabi.Recover()
	return int64(runtime.GOMAXPROCS(0))
}

// ProcsAtInit returns what GOMAXPROCS was in a variable's initialisation.
//
//export ProcsAtInit
func ProcsAtInit() int64 { return int64(procsAtInit) }

// MemoryLimit returns the limit in bytes.
//
//export MemoryLimit
func MemoryLimit() int64 {
	defer cabi.Recover()
	return debug.SetMemoryLimit(-1)
}

// PageSize is in the auxiliary vector.
//
//export PageSize
func PageSize() int64 {
	defer cabi.Recover()
	return int64(os.Getpagesize())
}

func main() {}
