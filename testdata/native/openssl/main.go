// Library openssl shakes hands with itself in threads of its own, with libssl.so.3 and
// libcrypto.so.3 or, with the tag static, copies of them inside the library.
package main

// #include "openssl.h"
import "C"

import (
	"context"
	"errors"

	"github.com/hotso/hotso/cabi"
)

func init() {
	cabi.OnStart(func(context.Context) error {
		if C.work_start() != 0 {
			return errors.New("no context, key or threads")
		}
		return nil
	})
}

// Work shakes hands n times and returns how many bytes came through.
//
//export Work
func Work(n int64) (got int64) {
	defer cabi.Recover()
	for range n {
		got += int64(C.work_handshake())
	}
	return got
}

func main() {}
