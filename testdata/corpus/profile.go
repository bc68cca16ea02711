//go:build profile

package main

import (
	"io"
	"runtime/pprof"
	"time"
)

// A CPU profile that runs, or with the variant "stopped" one that has ended.
func init() {
	spin := func() error {
		for end := time.Now().Add(100 * time.Microsecond); time.Now().Before(end); {
		}
		return nil
	}
	busy(func() error {
		if err := pprof.StartCPUProfile(io.Discard); err != nil {
			return err
		}
		for range 4 {
			go func() { _ = spin() }()
		}
		if variant == "stopped" {
			time.Sleep(10 * time.Millisecond)
			pprof.StopCPUProfile()
		}
		return nil
	}, spin)
}
