// Library tbb runs parallel algorithms of C++17's, which GCC's library has oneTBB run, in
// threads of libtbb.so.12.
package main

// #cgo CXXFLAGS: -std=c++20 -O2
// #cgo LDFLAGS: -ltbb
// #include "sorting.h"
import "C"

import (
	"context"

	"github.com/hotso/hotso/cabi"
)

func init() {
	cabi.OnStart(func(context.Context) error {
		C.sorting_work(1)
		return nil
	})
}

// Work sorts n times.
//
//export Work
func Work(n int64) int64 {
	defer cabi.Recover()
	return int64(C.sorting_work(C.int64_t(n)))
}

func main() {}
