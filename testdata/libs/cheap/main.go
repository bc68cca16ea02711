// Library cheap leaves blocks on the C heap.
package main

// #include "cheap.h"
import "C"

import _ "github.com/hotso/hotso/cabi"

// Leave allocates in every way and leaves bytes and more.
//
//export Leave
func Leave(bytes int64) int64 { return int64(C.cheap_leave(C.long(bytes))) }

// Busy allocates and frees on so many threads, so many times.
//
//export Busy
func Busy(threads, times int64) int64 { return int64(C.cheap_busy(C.long(threads), C.long(times))) }

func main() {}
