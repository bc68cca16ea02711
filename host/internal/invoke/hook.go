package invoke

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/call"
	"github.com/hotso/hotso/host/life"
)

// A Hook is one of the functions that a library registers.
type Hook func(context.Context) error

// Start runs the library's start hooks, whose context ends with ctx.
func (t *Target) Start(ctx context.Context, limit time.Duration) error {
	return t.hook(ctx, "start", t.sym.start, limit, func(b *Builtin) Hook { return b.Start })
}

// Stop runs its stop hooks.
func (t *Target) Stop(limit time.Duration) error {
	t.stopped.Store(true)
	return t.hook(context.Background(), "stop", t.sym.stop, limit, func(b *Builtin) Hook { return b.Stop })
}

// Health runs its health hooks, whose context ends with ctx. It counts as no call.
func (t *Target) Health(ctx context.Context, limit time.Duration) error {
	s, ok := t.gate.EnterBeyond() // a version that is full may be healthy
	if !ok {
		return t.closedError()
	}
	defer t.leaveUncounted(s)
	if err := t.hook(ctx, "health", t.sym.health, limit, func(b *Builtin) Hook { return b.Health }); err != nil {
		return t.Error(life.StepHealth, life.ErrUnhealthy, err)
	}
	return nil
}

// hook calls a control function that takes a limit and returns a status, or what a builtin has
// in its place. The hook is told when ctx ends, and has until its limit to return.
func (t *Target) hook(ctx context.Context, name string, addr uintptr, limit time.Duration, builtin func(*Builtin) Hook) error {
	var err error
	if t.builtin != nil {
		err = t.runHook(ctx, name, builtin(t.builtin), limit)
	} else {
		err = t.callHook(ctx, addr, limit)
	}
	if ended := ctx.Err(); err != nil && ended != nil && !t.Dead() {
		return fmt.Errorf("%w (its context has ended: %w)", err, ended)
	}
	return err
}

// callHook is hook for a library.
func (t *Target) callHook(ctx context.Context, addr uintptr, limit time.Duration) error {
	returned := func() {}
	f, err := t.control(addr, func(f *call.Frame) {
		f.Int(uint64(limit))
		returned = t.tellEnd(ctx, f)
	})
	returned() // before anybody else has the frame
	if err != nil {
		return err
	}
	defer f.Put()
	if status := int32(f.R0); abi.Kind(status) != abi.OK {
		return errors.New(t.message(status))
	}
	return nil
}

// tellEnd cancels the call that will be made with f when ctx ends. The caller says when it has returned.
func (t *Target) tellEnd(ctx context.Context, f *call.Frame) (returned func()) {
	f.Forget()
	over, told := make(chan struct{}), make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(told)
		keepTelling(over, func() bool {
			if called := f.Called(); called != 0 {
				_, _ = t.ask(t.sym.cancel, uint64(called))
			}
			return true
		})
	})
	return func() {
		close(over)
		if !stop() {
			<-told
		}
	}
}

// runHook runs a hook of a builtin, within limit. One that outlives it is left behind, and keeps the version.
// The hook is told when parent ends.
func (t *Target) runHook(parent context.Context, name string, hook Hook, limit time.Duration) error {
	if hook == nil {
		return nil
	}
	s, ok := t.gate.EnterOwner()
	if !ok {
		return t.closedError()
	}
	if t.Dead() {
		t.leaveUncounted(s)
		return t.CrashError()
	}
	limited, cancel := context.WithCancel(context.Background())
	defer cancel()
	if limit > 0 {
		limited, cancel = context.WithTimeout(limited, limit)
		defer cancel()
	}
	ctx, end := context.WithCancel(limited)
	defer end()
	defer context.AfterFunc(parent, end)()
	var status int32
	done := make(chan struct{})
	go func() {
		defer close(done) // once it has left: who learns of the end may seal the gate
		defer t.leaveUncounted(s)
		returned := false
		defer func() {
			if !returned {
				status = t.builtin.exited()
			}
		}()
		func() {
			defer t.builtin.recover(&status)
			status = t.builtin.statusOf(hook(ctx))
		}()
		returned = true
	}()
	var crashed chan struct{} // never, unless callers are ejected
	if t.builtin.Ejects {
		crashed = t.End.known
	}
	select {
	case <-crashed:
		return t.CrashError()
	case <-done:
		if abi.Kind(status) == abi.OK {
			return nil
		}
		if limited.Err() == nil {
			return errors.New(t.message(status))
		}
	case <-limited.Done():
	}
	return fmt.Errorf("the %s hook did not end within %v", name, limit)
}
