// Library slow has a call that takes as long as it is told.
package main

import "C"

import (
	"sync/atomic"
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

// Inside returns how many calls of Sleep are under way, so that a test can
// wait for them to have begun.
//
//export Inside
func Inside() int64 { return inside.Load() }

func main() {}
