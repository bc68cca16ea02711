#!/bin/sh
# Go 1.26.8, runtime/pprof: after StopCPUProfile the process still has POSIX timers.
#
# On linux the runtime profiles with one timer_create(2) timer for each thread, on that
# thread's CPU clock. StopCPUProfile stops ITIMER_PROF of the process at once, but a thread gives its
# own timer back only when it next looks at the profiling rate, on its way to running a goroutine. A
# thread that is parked by then keeps its timer for as long as it is parked; the next profile adds
# others. Such a timer never fires, as the clock of a parked thread stands still. But it counts
# against RLIMIT_SIGPENDING, and whoever unloads a runtime, or compares /proc/self/timers
# before and after, finds it.
#
# Seen with go1.26.8 linux/amd64, two processors:
#
#   before 0
#   profile 1: 6 during, 2 after
#   profile 2: 8 during, 2 after
#   profile 3: 8 during, 4 after
#
# It fails if no timer is left behind any more.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cat > go.mod <<'GO'
module example.com/timers

go 1.26.0
GO
cat > main.go <<'GO'
package main

import (
	"fmt"
	"io"
	"os"
	"runtime/pprof"
	"strings"
	"sync"
	"time"
)

func timers() int {
	b, err := os.ReadFile("/proc/self/timers")
	if err != nil {
		panic(err)
	}
	return strings.Count(string(b), "ID:")
}

func compute(d time.Duration) {
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for begin := time.Now(); time.Since(begin) < d; {
			}
		})
	}
	wg.Wait()
}

func main() {
	fmt.Println("before", timers())
	most := 0
	for i := range 3 {
		if err := pprof.StartCPUProfile(io.Discard); err != nil {
			panic(err)
		}
		compute(300 * time.Millisecond)
		during := timers()
		pprof.StopCPUProfile()
		compute(100 * time.Millisecond) // the threads that run give theirs back
		time.Sleep(200 * time.Millisecond)
		after := timers()
		most = max(most, after)
		fmt.Printf("profile %d: %d during, %d after\n", i+1, during, after)
	}
	if most == 0 {
		fmt.Println("changed: nothing is left")
		os.Exit(1)
	}
}
GO
export GOTOOLCHAIN=go1.26.8 CGO_ENABLED=0
go version
go run .
