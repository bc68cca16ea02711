package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"
)

// Left is what a load leaves behind in the process, per load.
type Left struct {
	RSS                float64 // KiB
	Threads, Maps, FDs float64
}

// leak loads, calls and closes, again and again. The first loads do not count, as they
// may set up things for all later ones.
func leak(c Contender, f Files) (Figure, error) {
	once := func(i int) error {
		f.Use = i
		g, err := c.Open(f)
		if err != nil {
			return err
		}
		if _, err := g.Greet("Ada"); err != nil {
			return err
		}
		return g.Close()
	}
	first, loads := leakFirst, leakLoads
	if c.Name == goPluginName {
		first, loads = 1, leakPlugins
	}
	var before Left
	for i := range first + loads {
		if i == first {
			var err error
			if before, err = settled(); err != nil {
				return Figure{}, err
			}
		}
		if err := once(i); err != nil {
			return Figure{}, fmt.Errorf("load %d: %w", i+1, err)
		}
	}
	after, err := settled()
	n := float64(loads)
	return Figure{Left: Left{
		RSS:     (after.RSS - before.RSS) / n,
		Threads: (after.Threads - before.Threads) / n,
		Maps:    (after.Maps - before.Maps) / n,
		FDs:     (after.FDs - before.FDs) / n,
	}}, err
}

// settled measures the process once the heap is as small as it gets, and whatever
// takes its time to end has ended.
func settled() (Left, error) {
	for range 3 {
		runtime.GC()
		time.Sleep(20 * time.Millisecond)
	}
	debug.FreeOSMemory()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return Left{}, err
	}
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return Left{}, err
	}
	fds, err := os.ReadDir("/proc/self/fd")
	return Left{
		RSS: field(status, "VmRSS:"), Threads: field(status, "Threads:"),
		Maps: float64(bytes.Count(maps, []byte("\n"))), FDs: float64(len(fds)),
	}, err
}

// field returns a number of proc_pid_status(5).
func field(status []byte, name string) float64 {
	for line := range bytes.Lines(status) {
		if f := bytes.Fields(line); len(f) > 1 && string(f[0]) == name {
			n, _ := strconv.ParseFloat(string(f[1]), 64)
			return n
		}
	}
	return 0
}
