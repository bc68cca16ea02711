// Library native does what C code does: threads, blocking reads, files,
// thread-local variables, and calls back into the host.
package main

// #include <stdlib.h>
// #include "native.h"
// #cgo CFLAGS: -I${SRCDIR}/../../../include
// #include "cabi.h"
import "C"

import (
	"unsafe"

	"github.com/hotso/hotso/cabi"
)

// BlockInRead starts a thread that waits in read(2) on a descriptor of the host's, in
// stdio, so that it holds a lock of libc's.
//
//export BlockInRead
func BlockInRead(fd int32) int32 { return int32(C.start_read(C.int32_t(fd))) }

// Workers starts n C threads that never stop.
//
//export Workers
func Workers(n int32) int32 { return int32(C.start_workers(C.int32_t(n))) }

// Local counts in a thread-local variable of C that starts at 40.
//
//export Local
func Local() int64 { return int64(C.count_local()) }

// KeepFile opens a file and leaves it open.
//
//export KeepFile
func KeepFile(path *C.hotso_cchar, pathLen C.size_t, fd *int32) C.hotso_status {
	return C.hotso_status(cabi.Value(fd, func() (int32, error) {
		c := C.CString(cabi.String(unsafe.Pointer(path), uintptr(pathLen)))
		defer C.free(unsafe.Pointer(c))
		return int32(C.keep_file(c)), nil
	}))
}

// CallBack has a goroutine call a function of the host.
//
//export CallBack
func CallBack(fn uint64) {
	go C.call_host(*(*unsafe.Pointer)(unsafe.Pointer(&fn)))
}

// CallBackNow calls a function of the host in this call.
//
//export CallBackNow
func CallBackNow(fn uint64) {
	C.call_host(*(*unsafe.Pointer)(unsafe.Pointer(&fn)))
}

func main() {}
