// Library cthreads has C code do what threads can be used for, and never ends any of it:
// whoever unloads it finds it at work.
package main

// #include "cthreads.h"
// #cgo CFLAGS: -I${SRCDIR}/../../../include
// #include "cabi.h"
import "C"

import (
	"unsafe"

	"github.com/hotso/hotso/cabi"
)

func run(f func(*C.char) C.int, name *C.hotso_cchar, length C.size_t) int32 {
	kind := C.CString(cabi.String(unsafe.Pointer(name), uintptr(length)))
	defer C.free(unsafe.Pointer(kind))
	return int32(f(kind))
}

// Start starts what kind names. 0, or the number of an error.
//
//export Start
func Start(kind *C.hotso_cchar, kindLen C.size_t) int32 {
	return run(func(k *C.char) C.int { return C.start_kind(k) }, kind, kindLen)
}

// Try does what kind names, and returns the number of the error, 0 if there is none.
//
//export Try
func Try(kind *C.hotso_cchar, kindLen C.size_t) int32 {
	return run(func(k *C.char) C.int { return C.try_kind(k) }, kind, kindLen)
}

// Ticks is how often something has happened that was started.
//
//export Ticks
func Ticks() int64 { return int64(C.count_ticks()) }

// GoHasRoom reports whether a thread of Go's has room for handlers that the shim makes for C code's.
//
//export GoHasRoom
func GoHasRoom() bool {
	has := make(chan bool)
	go func() { has <- C.has_room() != 0 }()
	return <-has
}

func main() {}
