package invoke

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"

	"github.com/hotso/hotso/host/internal/gate"
	"github.com/hotso/hotso/host/internal/proc"
	"github.com/hotso/hotso/host/life"
)

// Every call that is inside a library has a thread for itself for as long as it lasts,
// and Go ends a process that wants more threads than it may have (runtime/debug,
// SetMaxThreads), or that the system gives none (runtime, newosproc). Neither can be
// caught, so calls are counted before they are let in: those of a version, and those of
// all versions together, which includes calls that their callers have left behind.

// processLimit bounds the calls of all versions together: the process needs threads for
// itself too, and a library's runtime for its own.
var processLimit = sync.OnceValue(func() *gate.Limit {
	const all = 1<<31 - 1
	threads := debug.SetMaxThreads(all) // to learn it
	debug.SetMaxThreads(threads)
	return gate.NewLimit(min(threads, proc.ThreadLimit(), all) / 5 * 4)
})

// limit bounds how many calls are inside the target. Nobody has called it yet.
func (t *Target) limit() {
	limits := []*gate.Limit{processLimit()}
	if n := t.Conf.MaxCalls; n > 0 {
		limits = append(limits, gate.NewLimit(n))
	}
	t.gate.SetLimits(limits...)
}

// await enters, once there is a place, and waits for one no longer than the
// configuration says. The error is of the user's if full, else that the target is closed.
func (t *Target) await(ctx context.Context) (s *Lease, full bool, err error) {
	s, err = t.gate.EnterWithin(ctx, t.Conf.MaxCallsWait)
	return t.entered(ctx, s, err)
}

// awaitClosed is await for who is let into a closed target.
func (t *Target) awaitClosed(ctx context.Context) (s *Lease, full bool, err error) {
	s, err = t.gate.EnterClosedWithin(ctx, t.Conf.MaxCallsWait)
	return t.entered(ctx, s, err)
}

func (t *Target) entered(ctx context.Context, s *Lease, err error) (_ *Lease, full bool, _ error) {
	switch {
	case err == nil:
		return s, false, nil
	case errors.Is(err, gate.ErrClosed):
		return nil, false, t.closedError()
	}
	t.failures.add(life.FailedBusy)
	e := &life.Error{Name: t.Name, Version: t.Version, Step: life.StepCall, Reason: life.ErrTooManyCalls,
		Cause:  fmt.Errorf("%d are inside", t.gate.InFlight()),
		Advice: "call later, or see host.MaxCalls"}
	if ended := ctx.Err(); ended != nil {
		e.Cause = fmt.Errorf("%w: %w", e.Cause, ended)
	}
	return nil, true, e
}
