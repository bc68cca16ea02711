//go:build linux && (amd64 || arm64)

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"

	"github.com/hotso/hotso/host"
)

// An order is what the caller is started with, as JSON in an environment variable.
type order struct {
	Library string
	Calls   int
}

const orderVariable = "INSTRUCTIONS_ORDER"

// warm is how often each function is called before it is counted: enough for both
// runtimes to have filled their caches.
const warm = 10_000

// The calls are made by the process's first thread, whose id is that of the process.
func init() {
	if os.Getenv(orderVariable) != "" {
		runtime.LockOSThread()
	}
}

// serve is the caller's side: it gets ready, stops itself, and goes on when the
// parent steps through what follows.
func serve(text string) error {
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return fmt.Errorf("%s: %w", orderVariable, err)
	}
	ctx := context.Background()
	slot := host.NewSlot("greeter")
	_, err := slot.Swap(ctx, o.Library)
	if err != nil {
		return err
	}
	add, errAdd := host.Func2[int32, int32, int32](slot, "Add")
	greet, errGreet := host.Func1[string, string](slot, "GreetName")
	if err := errors.Join(errAdd, errGreet); err != nil {
		return err
	}
	if err := errors.Join(callAdd(ctx, add, warm), callGreet(ctx, greet, warm)); err != nil {
		return err
	}
	if err := syscall.Kill(os.Getpid(), syscall.SIGSTOP); err != nil {
		return os.NewSyscallError("kill", err)
	}
	return errors.Join(callAdd(ctx, add, o.Calls), callGreet(ctx, greet, o.Calls))
}

// callAdd calls n times. What runs between leaving this function and coming back
// to it is one call, so it must call nothing else.
//
//go:noinline
func callAdd(ctx context.Context, add func(context.Context, int32, int32) (int32, error), n int) error {
	for range n {
		if sum, err := add(ctx, 40, 2); err != nil || sum != 42 {
			return errors.Join(err, errWrong)
		}
	}
	return nil
}

// callGreet is callAdd for a greeting.
//
//go:noinline
func callGreet(ctx context.Context, greet func(context.Context, string) (string, error), n int) error {
	for range n {
		if text, err := greet(ctx, "Ada"); err != nil || len(text) == 0 {
			return errors.Join(err, errWrong)
		}
	}
	return nil
}

var errWrong = errors.New("the library answered wrongly")
