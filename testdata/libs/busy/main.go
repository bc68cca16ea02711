// Library busy does what Go code does, on and on, and never cleans up: whoever
// unloads it finds it at work.
package main

// #cgo CFLAGS: -I${SRCDIR}/../../../include
// #include "cabi.h"
import "C"

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hotso/hotso/cabi"
)

var (
	work  atomic.Int64 // what the goroutines count up
	keep  [][]byte
	files []*os.File
)

// Work returns how much was done.
//
//export Work
func Work() int64 { return work.Load() }

// Spin starts n goroutines that never call anything, so that only a signal
// stops them.
//
//export Spin
func Spin(n int64) {
	for range n {
		go func() {
			for {
				work.Add(1)
			}
		}()
	}
}

// Lock starts n goroutines that keep a thread each.
//
//export Lock
func Lock(n int64) {
	var ready sync.WaitGroup
	for range n {
		ready.Add(1)
		go func() {
			runtime.LockOSThread()
			ready.Done()
			for {
				time.Sleep(time.Millisecond)
				work.Add(1)
			}
		}()
	}
	ready.Wait()
}

// Panics starts n goroutines that panic and recover again and again, half of them
// through a nil pointer.
//
//export Panics
func Panics(n int64) {
	once := func(i int64) {
		defer func() { recover(); work.Add(1) }()
		if i%2 == 0 {
			panic("drill")
		}
		var p *int
		*p = 1
	}
	for i := range n {
		go func() {
			for {
				once(i)
			}
		}()
	}
}

// Collect keeps the garbage collector running, with the garbage of n goroutines.
//
//export Collect
func Collect(n int64) {
	debug.SetGCPercent(1)
	for range n {
		go func() {
			var garbage [16][]byte
			for i := 0; ; i++ {
				garbage[i%len(garbage)] = make([]byte, 1<<16)
				work.Add(1)
			}
		}()
	}
}

// Fill takes mib MiB of heap and writes to each page.
//
//export Fill
func Fill(mib int64) {
	for range mib {
		b := make([]byte, 1<<20)
		for i := 0; i < len(b); i += 4096 {
			b[i] = 1
		}
		keep = append(keep, b)
	}
}

// Children starts n processes that would run for an hour, and waits for them.
// It returns the id of the last.
//
//export Children
func Children(n int64, pid *int64) C.hotso_status {
	return C.hotso_status(cabi.Value(pid, func() (int64, error) {
		var last int64
		for range n {
			cmd := exec.Command("sleep", "3600")
			out, err := cmd.StdoutPipe()
			if err := errors.Join(err, cmd.Start()); err != nil {
				return 0, err
			}
			last = int64(cmd.Process.Pid)
			go func() {
				out.Read(make([]byte, 1))
				cmd.Wait()
			}()
		}
		return last, nil
	}))
}

// Pipe opens a pipe and has a goroutine wait for it. The unload finds the pipe, as
// the poller watches it.
//
//export Pipe
func Pipe() C.hotso_status {
	return C.hotso_status(cabi.Run(func() error {
		r, w, err := os.Pipe()
		if err != nil {
			return err
		}
		files = append(files, r, w)
		go r.Read(make([]byte, 1))
		return nil
	}))
}

var notified atomic.Int64

// Ignore asks that a signal be ignored. This has no effect either: see Notify.
//
//export Ignore
func Ignore(number int32) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.Signal(number))
	signal.Stop(c)
	signal.Ignore(syscall.Signal(number))
}

// Notify asks for a signal. The library never receives it: signals are the host's.
//
//export Notify
func Notify(number int64) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.Signal(number))
	go func() {
		for range c {
			notified.Add(1)
		}
	}()
}

// Notified returns how many signals came.
//
//export Notified
func Notified() int64 { return notified.Load() }

// Nil dereferences a nil pointer and recovers; 1 if all went well.
//
//export Nil
func Nil() (ok int64) {
	defer func() {
		if recover() != nil {
			ok = 1
		}
	}()
	var p *int64
	return *p
}

// Print writes to the standard output.
//
//export Print
func Print() C.hotso_status {
	return C.hotso_status(cabi.Run(func() error { _, err := os.Stdout.WriteString("printed\n"); return err }))
}

// Procs is GOMAXPROCS.
//
//export Procs
func Procs() int64 { return int64(runtime.GOMAXPROCS(0)) }

func main() {}
