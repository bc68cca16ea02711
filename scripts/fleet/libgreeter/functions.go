//go:build cgo

package main

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/hotso/hotso/cabi"
)

// mode is set by the linker. With fails, one of 20 calls fails; with crashes, the version ends in its start.
var mode string

var calls atomic.Int64

func init() {
	cabi.OnStart(func(context.Context) error {
		if mode == "crashes" {
			// A panic here is reported as an error; one in a goroutine ends the runtime.
			done := make(chan bool)
			go func() { defer close(done); panic("this version crashes at its start") }()
			<-done
		}
		return nil
	})
}

// greet greets somebody.
//
//hotso:export
func greet(name string) (string, error) {
	if n := calls.Add(1); mode == "fails" && n%20 == 3 {
		return "", fmt.Errorf("call %d fails, as one of 20 does in this version", n)
	}
	return "Hello, " + name + ", from v" + cabi.Version() + "!", nil
}
