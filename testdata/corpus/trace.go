//go:build trace

package main

import (
	"io"
	"runtime"
	"runtime/trace"
)

func init() {
	busy(func() error {
		runtime.SetBlockProfileRate(1)
		runtime.SetMutexProfileFraction(1)
		return trace.Start(io.Discard)
	}, func() error {
		done := make(chan bool)
		go func() { done <- true }()
		<-done
		return nil
	})
}
