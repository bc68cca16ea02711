// Library catexit has C code that wants to be called at the end.
package main

// #include <stdlib.h>
// #include "catexit.h"
// #cgo CFLAGS: -I${SRCDIR}/../../../include
// #include "cabi.h"
import "C"

import (
	"fmt"
	"unsafe"

	"github.com/hotso/hotso/cabi"
)

// Register registers functions of every kind, which write to a descriptor of the host's.
//
//export Register
func Register(fd int32) int32 { return int32(C.register_all(C.int(fd))) }

// RegisterBad registers one that goes wrong.
//
//export RegisterBad
func RegisterBad(way *C.hotso_cchar, wayLen C.size_t) C.hotso_status {
	return C.hotso_status(cabi.Run(func() error {
		name := cabi.String(unsafe.Pointer(way), uintptr(wayLen))
		c := C.CString(name)
		defer C.free(unsafe.Pointer(c))
		if C.register_bad(c) != 0 {
			return fmt.Errorf("can't register %q", name)
		}
		return nil
	}))
}

// ExitInChild has a child exit, and returns its status.
//
//export ExitInChild
func ExitInChild(quick bool) int32 {
	if quick {
		return int32(C.exit_in_child(1))
	}
	return int32(C.exit_in_child(0))
}

// Fork makes a child that does nothing, and returns 0.
//
//export Fork
func Fork() int32 { return int32(C.fork_once()) }

// Add returns a + b.
//
//export Add
func Add(a, b int32) int32 { return a + b }

// Panic ends the library.
//
//export Panic
func Panic() { panic("the end") }

func main() {}
