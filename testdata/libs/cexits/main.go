// Library cexits has C code end the process, in every way there is.
package main

// #include <stdlib.h>
// #include "cexits.h"
// #cgo CFLAGS: -I${SRCDIR}/../../../include -fstack-protector-all
// #include "cabi.h"
import "C"

import (
	"fmt"
	"unsafe"

	"github.com/hotso/hotso/cabi"
)

// End ends the process in a way, on a thread of the host's.
//
//export End
func End(way *C.hotso_cchar, wayLen C.size_t) C.hotso_status { return end(way, wayLen, C.HERE) }

// EndBeside does so on a thread of its own, and waits for it.
//
//export EndBeside
func EndBeside(way *C.hotso_cchar, wayLen C.size_t) C.hotso_status { return end(way, wayLen, C.BESIDE) }

// EndAfterGo does so on a thread of its own that has called Go before.
//
//export EndAfterGo
func EndAfterGo(way *C.hotso_cchar, wayLen C.size_t) C.hotso_status {
	return end(way, wayLen, C.AFTER_GO)
}

func end(way *C.hotso_cchar, wayLen C.size_t, where uint32) C.hotso_status {
	return C.hotso_status(cabi.Run(func() error {
		name := cabi.String(unsafe.Pointer(way), uintptr(wayLen))
		c := C.CString(name)
		defer C.free(unsafe.Pointer(c))
		if C.end(c, where) != 0 {
			return fmt.Errorf("no end of kind %q", name)
		}
		return nil
	}))
}

// EndOfChild has a child end in a way, and returns what wait(2) says of it.
//
//export EndOfChild
func EndOfChild(way *C.hotso_cchar, wayLen C.size_t, status *int32) C.hotso_status {
	return C.hotso_status(cabi.Value(status, func() (int32, error) {
		c := C.CString(cabi.String(unsafe.Pointer(way), uintptr(wayLen)))
		defer C.free(unsafe.Pointer(c))
		return int32(C.end_of_child(c)), nil
	}))
}

// Passes sends signals that end nobody, and returns 0 if they arrive as they should.
//
//export Passes
func Passes() int32 { return int32(C.passes()) }

// CallBack calls a function of the host from C code.
//
//export CallBack
func CallBack(fn uint64) { C.call(*(*unsafe.Pointer)(unsafe.Pointer(&fn))) }

// UseHeap uses the C heap in all ways that are right, on eight threads at a time.
//
//export UseHeap
func UseHeap(rounds int32) { C.heap_use(C.int(rounds)) }

// KnowsBlocks reports whether the C heap is as the shim expects it to be.
//
//export KnowsBlocks
func KnowsBlocks() bool { return C.blocks_known() != 0 }

// Add returns a + b.
//
//export Add
func Add(a, b int32) int32 { return a + b }

func main() {}
