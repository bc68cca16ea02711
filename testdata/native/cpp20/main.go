// Library cpp20 has threads of C++20's: std::jthread, std::async, a pool that resumes
// coroutines. None is joined.
package main

// #cgo CXXFLAGS: -std=c++20 -O2
// #include "cpp20.h"
import "C"

import (
	"context"

	"github.com/hotso/hotso/cabi"
)

func init() {
	cabi.OnStart(func(context.Context) error {
		C.cpp20_start()
		return nil
	})
}

// Work has coroutines add the numbers below n in the pool, and waits for the sum.
//
//export Work
func Work(n int64) int64 {
	defer cabi.Recover()
	return int64(C.cpp20_work(C.int64_t(n)))
}

func main() {}
