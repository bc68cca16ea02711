package main

// #include <stdlib.h>
// #include "cabi.h"
// int streams(const char *path);
// int borrow(int fd);
import "C"

import "unsafe"

// Streams writes to the file at path and leaves streams and directories of C code open. It returns how many.
//
//export Streams
func Streams(path *C.hotso_cchar, n C.size_t) int64 {
	name := C.CString(string(unsafe.Slice((*byte)(unsafe.Pointer(path)), n)))
	defer C.free(unsafe.Pointer(name))
	return int64(C.streams(name))
}

// Borrow has a stream of C code use a descriptor of the host's.
//
//export Borrow
func Borrow(fd int64) int64 { return int64(C.borrow(C.int(fd))) }
