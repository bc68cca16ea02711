// Library unseen has threads that nobody is told of.
package main

// #include <stdlib.h>
// #include "unseen.h"
// #cgo CFLAGS: -I${SRCDIR}/../../../include
// #include "cabi.h"
import "C"

import (
	"fmt"
	"unsafe"

	"github.com/hotso/hotso/cabi"
)

// Start starts a thread of some kind, which ends when file is there.
//
//export Start
func Start(kind *C.hotso_cchar, kindLen C.size_t, file *C.hotso_cchar, fileLen C.size_t) C.hotso_status {
	return C.hotso_status(cabi.Run(func() error {
		k := C.CString(cabi.String(unsafe.Pointer(kind), uintptr(kindLen)))
		defer C.free(unsafe.Pointer(k))
		f := C.CString(cabi.String(unsafe.Pointer(file), uintptr(fileLen)))
		defer C.free(unsafe.Pointer(f))
		if err := C.unseen_start(k, f); err != 0 {
			return fmt.Errorf("pthread_create: %d", err)
		}
		return nil
	}))
}

// Count starts a thread that counts how often it is interrupted.
//
//export Count
func Count() int32 { return int32(C.counting_start()) }

// Interrupted is how often that was.
//
//export Interrupted
func Interrupted() int64 { return int64(C.counting_interrupted()) }

func main() {}
