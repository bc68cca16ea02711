//go:build cgo

package cabi

import (
	"fmt"
	"log"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"unsafe"

	"github.com/hotso/hotso/cabi/abi"
)

// drills are the ways to end a Go runtime. Only the first returns.
var drills = map[string]func(){
	abi.DrillNone: func() {},
	abi.DrillWait: func() { select {} },

	"panic":     func() { panic("crash drill") },
	"goroutine": func() { go panic("crash drill in a goroutine"); select {} },
	"nil":       func() { var p *int; *p = 1 },
	"wild":      func() { *wild = 1 },
	"throw":     writeMap,
	"unlock":    func() { new(sync.Mutex).Unlock() },
	"overflow":  func() { debug.SetMaxStack(1 << 20); overflow(1) },
	"memory":    func() { hold = make([]byte, 1<<47) }, // all that a process can address
	"exit":      func() { os.Exit(3) },
	"log":       func() { log.New(os.Stderr, "", 0).Fatal("crash drill") },
	"goexit":    runtime.Goexit, // of a goroutine that the host waits for
	"hang": func() {
		for {
			spins++
		}
	},
	"deadlock": func() { mu := make(chan int); mu <- <-mu },
}

var (
	nowhere = uintptr(0x1234567000) // where nothing is mapped
	wild    = *(**int)(unsafe.Pointer(&nowhere))
	hold    []byte //lint:ignore U1000 written, so that the compiler leaves the drill alone
	spins   int    //lint:ignore U1000 likewise
)

// drill runs outside of Run: a panic must end the runtime.
func drill(kind string) int32 {
	f, ok := drills[kind]
	if !ok {
		return fail(fmt.Errorf("no drill %q; there are %s", kind, strings.Join(abi.DrillKinds, ", ")))
	}
	f()
	return abi.OK
}

// writeMap ends in an error that nobody can recover from: concurrent map writes.
func writeMap() {
	// On one processor no write is ever interrupted by another: the runtime does not preempt
	// its own map code.
	runtime.GOMAXPROCS(max(2, runtime.GOMAXPROCS(0)))
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
	var big [1 << 10]byte
	//lint:ignore SA5007 meant to overflow the stack
	return overflow(n+1) + int(big[n%len(big)])
}
