//go:build cgo

package cabi

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hotso/hotso/cabi/abi"
)

// hooks are written in init functions only, which end before the first
// control call, so they need no lock.
var hooks struct {
	start, health, stop []func(context.Context) error
	save                func() ([]byte, error)
	restore             func([]byte) error
}

// OnStart registers f to run when the host starts this version, in the order
// of registration. Its context ends with the host's deadline, or when f
// returns; a version whose f fails, panics or does not end in time never
// receives a call. Call it from an init function.
func OnStart(f func(context.Context) error) { hooks.start = append(hooks.start, f) }

// OnHealth registers f to say whether this version is fit to serve.
func OnHealth(f func(context.Context) error) { hooks.health = append(hooks.health, f) }

// OnStop registers f to run when this version has been drained, before it is
// unloaded, in reverse order of registration. Close there what only this
// library knows of: files, databases, child processes.
func OnStop(f func(context.Context) error) { hooks.stop = append(hooks.stop, f) }

// OnSave registers the function that writes this version's state for its successor.
func OnSave(f func() ([]byte, error)) { hooks.save = f }

// OnRestore registers the function that takes over the state of another
// version. The bytes are its own.
func OnRestore(f func(state []byte) error) { hooks.restore = f }

func runStart(timeout time.Duration) int32  { return runHooks("start", hooks.start, timeout) }
func runHealth(timeout time.Duration) int32 { return runHooks("health", hooks.health, timeout) }

func runStop(timeout time.Duration) int32 {
	last := slices.Clone(hooks.stop)
	slices.Reverse(last)
	defer closeStreams()
	return runHooks("stop", last, timeout)
}

// runHooks runs fs one after the other, up to the first that fails.
func runHooks(name string, fs []func(context.Context) error, timeout time.Duration) int32 {
	for _, f := range fs {
		if status := runHook(name, f, timeout); status != abi.OK {
			return status
		}
	}
	return abi.OK
}

// runHook runs f. A hook that outlives its time is left behind: nothing can
// stop a goroutine from outside but the unload.
func runHook(name string, f func(context.Context) error, timeout time.Duration) int32 {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if timeout > 0 {
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	done := make(chan int32, 1)
	go func() {
		done <- Run(func() error { return f(ctx) })
	}()
	select {
	case status := <-done:
		// A hook that fails because its time is up was too slow, whoever noticed first.
		if status == abi.OK || ctx.Err() == nil {
			return status
		}
	case <-ctx.Done():
	}
	return keep(abi.Timeout, fmt.Appendf(nil, "the %s hook did not end within %v", name, timeout))
}

var errNoState = errors.New("this library keeps no state")

func saveState() ([]byte, error) {
	if hooks.save == nil {
		return nil, errNoState
	}
	return hooks.save()
}

func restoreState(state []byte) error {
	if hooks.restore == nil {
		return errNoState
	}
	return hooks.restore(slices.Clone(state))
}
