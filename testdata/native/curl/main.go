// Library curl has transfers of libcurl's under way: to a server that never answers, and
// to names that its resolver threads look for.
package main

// #cgo LDFLAGS: -lcurl
// #include <stdlib.h>
// #include "transfers.h"
import "C"

import (
	"context"
	"errors"
	"net"
	"sync"
	"unsafe"

	"github.com/hotso/hotso/cabi"
)

var (
	silent net.Listener
	mu     sync.Mutex // a multi handle is for one thread at a time
)

func init() {
	cabi.OnStart(func(context.Context) error { return open() })
}

func open() (err error) {
	if silent, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return err
	}
	if C.transfers_open() != 0 {
		return errors.New("no multi handle")
	}
	for range 4 {
		add("http://" + silent.Addr().String() + "/")
		add("http://no-such-name.invalid/")
	}
	Work(1)
	return nil
}

func add(url string) {
	c := C.CString(url)
	defer C.free(unsafe.Pointer(c))
	C.transfers_add(c)
}

// Work drives the transfers n times and returns how many run.
//
//export Work
func Work(n int64) (running int64) {
	defer cabi.Recover()
	mu.Lock()
	defer mu.Unlock()
	for range n {
		running = int64(C.transfers_drive())
	}
	return running
}

func main() {}
