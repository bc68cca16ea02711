// Library slow has a call that takes as long as it is told.
package main

import "C"

import (
	"sync/atomic"
	"syscall"
	"time"

	_ "github.com/hotso/hotso/cabi"
)

var inside atomic.Int64

// Sleep takes ms milliseconds and returns ms.
//
//export Sleep
func Sleep(ms int64) int64 {
	inside.Add(1)
	defer inside.Add(-1)
	time.Sleep(time.Duration(ms) * time.Millisecond)
	return ms
}

// Wait returns when a byte can be read from the descriptor fd, or its other end is
// closed. So the test decides when the call ends.
//
//export Wait
func Wait(fd int64) int64 {
	inside.Add(1)
	defer inside.Add(-1)
	n, err := syscall.Read(int(fd), make([]byte, 1))
	for err == syscall.EINTR {
		n, err = syscall.Read(int(fd), make([]byte, 1))
	}
	return int64(n)
}

// Inside returns how many calls of Sleep and Wait are under way, so that a test can
// wait for them to have begun.
//
//export Inside
func Inside() int64 { return inside.Load() }

func main() {}
