// Command crash is a library that ends its runtime in every way there is.
package main

// #cgo CFLAGS: -I${SRCDIR}/../../../include
// #include "cabi.h"
import "C"

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/hotso/hotso/cabi"
)

// mode makes it crash at load or start. Set by the linker.
var mode string

func init() {
	if mode == "init" {
		panic("crash in init")
	}
	cabi.OnStart(func(context.Context) error {
		if mode == "start" {
			go panic("crash in start")
			select {}
		}
		return nil
	})
	cabi.OnStop(func(context.Context) error {
		if mode == "stop" {
			os.Exit(4)
		}
		return nil
	})
}

var inside atomic.Int64

//export Inside
func Inside() int64 { return inside.Load() }

//export Add
func Add(a, b int32) int32 { return a + b }

// Sleep stays inside for that many milliseconds.
//
//export Sleep
func Sleep(ms int64) int64 {
	inside.Add(1)
	defer inside.Add(-1)
	time.Sleep(time.Duration(ms) * time.Millisecond)
	return ms
}

// Wait stays inside until the caller's context ends.
//
//export Wait
func Wait() C.hotso_status {
	return C.hotso_status(cabi.Run(func() error {
		ctx, done := cabi.Context()
		defer done()
		inside.Add(1)
		defer inside.Add(-1)
		<-ctx.Done()
		return errors.New("the caller left")
	}))
}

//export Crash
func Crash(kind *C.hotso_cchar, kindLen C.size_t) C.hotso_status {
	k := cabi.String(unsafe.Pointer(kind), uintptr(kindLen))
	f := kinds[k]
	if f == nil {
		return C.hotso_status(cabi.Run(func() error { return fmt.Errorf("no crash of kind %q", k) }))
	}
	f()
	return 0
}

var kinds = map[string]func(){
	"panic":     func() { panic("crash drill") },
	"goroutine": func() { go panic("crash drill in a goroutine"); select {} },
	"nil":       func() { var p *int; *p = 1 },
	"wild":      func() { *(*int)(unsafe.Pointer(uintptr(0x1234567000))) = 1 },
	"exit":      func() { os.Exit(3) },
	"log":       func() { log.Fatal("crash drill") },
	"throw":     throw,
	"unlock":    func() { new(sync.Mutex).Unlock() },
	"overflow":  func() { overflow(1) },
	"memory":    memory,
	"fault":     func() { debug.SetPanicOnFault(true); *(*int)(unsafe.Pointer(uintptr(0x1234567000))) = 1 },
	"traceback": func() { debug.SetTraceback("crash"); panic("crash drill with all goroutines") },
	"long":      func() { panic(string(make([]byte, 100<<20))) },
	"hang": func() {
		for {
			spin++
		}
	},
	"deadlock": func() { select {} },
	"two":      func() { go panic("first"); go os.Exit(5); panic("third") },
}

var spin int

// throw is the runtime's concurrent map writes: it can't be recovered.
func throw() {
	m := map[int]int{}
	for range 4 {
		go func() {
			for i := 0; ; i++ {
				m[i%8] = i
			}
		}()
	}
	select {}
}

func overflow(n int) int {
	var big [1 << 16]byte
	return overflow(n+1) + int(big[n%len(big)])
}

// memory asks for more than the address space has.
func memory() {
	var all [][]byte
	for {
		all = append(all, make([]byte, 1<<46))
	}
}

func main() {}
