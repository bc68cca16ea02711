// Command crash is a library that ends its runtime at the worst moments. Package cabi
// offers the ordinary crashes (hotso_drill); here are those that need more.
package main

// #cgo CFLAGS: -I${SRCDIR}/../../../include
// #include "cabi.h"
import "C"

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/hotso/hotso/cabi"
)

// mode makes the library crash while it is loaded or unloaded. The linker sets it.
var mode string

func init() {
	switch mode {
	case "init":
		panic("crash in init")
	case "init-exit":
		os.Exit(4)
	case "init-goroutine":
		go panic("crash beside init")
		select {}
	case "init-hang":
		select {}
	case "init-loop":
		for {
			inside.Add(1)
		}
	}
	cabi.OnStart(func(context.Context) error { return crashIn("start") })
	cabi.OnHealth(func(context.Context) error { return crashIn("health") })
	cabi.OnStop(func(context.Context) error { return crashIn("stop") })
	if mode == "stop-late" {
		// The crash comes at any moment of the unload, or just before it.
		cabi.OnStop(func(context.Context) error {
			d := rand.N(800 * time.Microsecond)
			go func() {
				for end := time.Now().Add(d); time.Now().Before(end); {
				}
				os.Exit(3)
			}()
			return nil
		})
	}
	if mode == "stop-thread" {
		// The crash comes when the host begins to end the library's threads.
		cabi.OnStop(func(context.Context) error {
			go func() {
				time.Sleep(100 * time.Microsecond)
				panic("crash during unload")
			}()
			return nil
		})
	}
}

func crashIn(moment string) error {
	if mode == moment {
		go panic("crash in " + moment)
		select {}
	}
	return nil
}

var inside atomic.Int64

// Inside returns how many calls of Sleep, Wait, Callback and Malloc are under way.
//
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

// WaitLate is Wait that asks for the context only after so many milliseconds.
//
//export WaitLate
func WaitLate(ms int64) C.hotso_status {
	time.Sleep(time.Duration(ms) * time.Millisecond)
	return Wait()
}

// Scribble returns n bytes. If n is 0 it stays inside, while a goroutine of its own
// writes to the memory for the result, again and again.
//
//export Scribble
func Scribble(n int64, out *C.char, outCap C.size_t, outLen *C.size_t) C.hotso_status {
	if n > 0 {
		return C.hotso_status(cabi.Data(cabi.Out(unsafe.Pointer(out), uintptr(outCap), unsafe.Pointer(outLen)),
			func() ([]byte, error) { return make([]byte, n), nil }))
	}
	inside.Add(1)
	defer inside.Add(-1)
	b := unsafe.Slice((*byte)(unsafe.Pointer(out)), outCap)
	go func() {
		for ; ; time.Sleep(100 * time.Microsecond) {
			for i := range b {
				b[i] = 0xff
			}
			*outLen = C.size_t(len(b))
		}
	}()
	select {}
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

func main() {}
