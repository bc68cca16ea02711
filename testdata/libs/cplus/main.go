// Library cplus does what C++ code does that outlives an ordinary dlclose: statics of
// templates and inline functions, streams, exceptions, thread-local objects.
package main

// #cgo CXXFLAGS: -std=c++20
// #include <malloc.h>
// #include <stdlib.h>
// #include "cplus.h"
import "C"

import "github.com/hotso/hotso/cabi"

// Register adds n to an entry of a template's static map, and returns the entry.
//
//export Register
func Register(n int32) int32 {
	defer cabi.Recover()
	return int32(C.add_registered(C.int32_t(n)))
}

// Count adds n to a static of an inline function that is made at its first call.
//
//export Count
func Count(n int32) int32 {
	defer cabi.Recover()
	return int32(C.add_counted(C.int32_t(n)))
}

// Format writes n through a stream and a facet of the library's own, and reads it back.
//
//export Format
func Format(n int32) int32 {
	defer cabi.Recover()
	return int32(C.format(C.int32_t(n)))
}

// Throw throws n through frames with destructors, and catches it by its base class.
//
//export Throw
func Throw(n int32) int32 {
	defer cabi.Recover()
	return int32(C.throw_and_catch(C.int32_t(n)))
}

// Local adds n to a thread-local object, which writes a byte to fd when it is destroyed.
//
//export Local
func Local(fd, n int32) int32 {
	defer cabi.Recover()
	return int32(C.add_local(C.int32_t(fd), C.int32_t(n)))
}

// Threads adds up the numbers below n in the C++ library's threads of each kind, and returns
// how many kinds got it right.
//
//export Threads
func Threads(n int32) int32 {
	defer cabi.Recover()
	return int32(C.run_threads(C.int32_t(n)))
}

// StartThreads starts n threads that never end, and returns how many run.
//
//export StartThreads
func StartThreads(n int32) int32 {
	defer cabi.Recover()
	return int32(C.start_threads(C.int32_t(n)))
}

// Allocated is how many bytes the process has from malloc.
//
//export Allocated
func Allocated() int64 {
	defer cabi.Recover()
	m := C.mallinfo2()
	return int64(m.uordblks + m.hblkhd)
}

// Terminate throws what nobody catches.
//
//export Terminate
func Terminate() { C.terminate_it() }

// Abort ends the library by abort(3).
//
//export Abort
func Abort() { C.abort() }

func main() {}
