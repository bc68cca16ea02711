// Library rust links a static library of Rust's, with threads that wait on a channel, sleep
// and compute. rust/build.sh makes it.
package main

// #cgo LDFLAGS: ${SRCDIR}/libwork.a -ldl -lm
// #include <stdint.h>
// void rust_start(void);
// int64_t rust_work(int64_t n);
import "C"

import (
	"context"

	"github.com/hotso/hotso/cabi"
)

func init() {
	cabi.OnStart(func(context.Context) error {
		C.rust_start()
		return nil
	})
}

// Work has a thread of Rust's add the numbers below n, and waits for the sum.
//
//export Work
func Work(n int64) int64 {
	defer cabi.Recover()
	return int64(C.rust_work(C.int64_t(n)))
}

func main() {}
