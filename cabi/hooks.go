//go:build cgo

package cabi

import (
	"cmp"
	"context"
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
// of registration. Its context ends with the host's deadline, when the context of
// the swap ends, since nobody waits any more, or when f returns; a version whose
// f fails, panics or does not end in time never receives a call. Call it from an
// init function.
func OnStart(f func(context.Context) error) { hooks.start = append(hooks.start, f) }

// OnHealth registers f to say whether this version is fit to serve.
func OnHealth(f func(context.Context) error) { hooks.health = append(hooks.health, f) }

// OnStop registers f to run when this version has been drained, before it is
// unloaded, in reverse order of registration. It does not run in a version whose
// start hooks failed: clean up there before you return the error. Close there what only this
// library knows of: files, databases, child processes.
func OnStop(f func(context.Context) error) { hooks.stop = append(hooks.stop, f) }

// OnSave registers the function that writes this version's state for the one
// that replaces it. While it runs no call is inside, and none is let in before the
// other version has the state or has refused it. It must leave the state as it
// is: if the other version cannot restore it, this one goes on. Have the state
// name its format, because the version that restores it is not the one that saved it.
//
// A version that registers both OnSave and OnRestore takes part in hand-overs.
// Callers wait meanwhile, so write little and write it fast.
func OnSave(f func() ([]byte, error)) { hooks.save = f }

// OnRestore registers the function that takes over the state of another
// version, older or, in a rollback, newer. It runs after the start hooks, perhaps
// more than once, and replaces what this version had. The bytes are its own. If
// it fails the other version goes on serving. If the version before can still read
// a format, a rollback keeps the state: so add fields, and do not stop writing an
// old one while any version that reads it may still run.
func OnRestore(f func(state []byte) error) { hooks.restore = f }

func runStart(timeout time.Duration) int32  { return runHooks("start", hooks.start, timeout) }
func runHealth(timeout time.Duration) int32 { return runHooks("health", hooks.health, timeout) }

func runStop(timeout time.Duration) int32 {
	last := slices.Clone(hooks.stop)
	slices.Reverse(last)
	defer closeStreams()
	status := runHooks("stop", last, timeout)
	if abi.Kind(status) == abi.Timeout || !haveLocals() {
		return status
	}
	ended := runHook("thread-local destructor", func(context.Context) error { endLocals(); return nil }, timeout)
	return cmp.Or(status, ended)
}

// endLocals destroys the C++ thread_local objects of the host's threads, where those are
// the shim's. haveLocals reports whether there are any.
var (
	haveLocals = func() bool { return false }
	endLocals  func()
)

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
// stop a goroutine from outside but the unload. One that the host has cancelled still has that
// time, to undo what it has begun.
func runHook(name string, f func(context.Context) error, timeout time.Duration) int32 {
	limited, cancel := context.WithCancel(context.Background())
	defer cancel()
	if timeout > 0 {
		limited, cancel = context.WithTimeout(limited, timeout)
		defer cancel()
	}
	called, end := Context() // the export that runs the hooks
	defer end()
	ctx, cancel := context.WithCancel(limited)
	defer cancel()
	defer context.AfterFunc(called, cancel)()
	done := make(chan int32, 1)
	go func() {
		done <- Run(func() error { return f(ctx) })
	}()
	select {
	case status := <-done:
		// A hook that fails because its time is up was too slow, whoever noticed first.
		if status == abi.OK || limited.Err() == nil {
			return status
		}
	case <-limited.Done():
	}
	return keep(abi.Timeout, fmt.Appendf(nil, "the %s hook did not end within %v", name, timeout))
}

// saveState runs the save hook. The state is there when the status is OK.
func saveState(timeout time.Duration) (state []byte, status int32) {
	save := hooks.save // read now: a hook may be left behind
	status = runHook("save", func(context.Context) (err error) {
		saved, err := save()
		state = saved
		return err
	}, timeout)
	if status != abi.OK {
		return nil, status // a hook that was left behind may still write to state
	}
	return state, abi.OK
}

func restoreState(timeout time.Duration, state []byte) int32 {
	restore, own := hooks.restore, slices.Clone(state) // read now: a hook may be left behind
	return runHook("restore", func(context.Context) error { return restore(own) }, timeout)
}
