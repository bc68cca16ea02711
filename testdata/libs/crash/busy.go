package main

import "C"

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Busy stays inside and does the same thing again and again, so that a crash may find
// its thread at any instruction of it.
//
//export Busy
func Busy(kind int64) {
	inside.Add(1)
	defer inside.Add(-1)
	for {
		busy[int(kind)%len(busy)]()
		runtime.Gosched() // or other callers wait long for a processor of this runtime
	}
}

var spins atomic.Int64

var busy = []func(){
	func() { spins.Add(1) },
	func() { // in the handler of SIGSEGV
		defer func() { _ = recover() }()
		*(*int)(nil) = 1
	},
	func() { // starts and ends a thread, with signals blocked
		var other sync.WaitGroup
		other.Go(runtime.LockOSThread)
		other.Wait()
	},
	runtime.GC,
	func() { // goes to sleep and wakes up
		c := make(chan int)
		go close(c)
		<-c
	},
}
