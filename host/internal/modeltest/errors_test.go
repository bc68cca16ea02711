package modeltest

import (
	"context"
	"errors"
	"slices"

	"github.com/hotso/hotso/host"
)

// loading are the errors of whatever loads a version that is a good one: there may be no
// room, and its content may have crashed too often.
var loading = []error{host.ErrTooMany, host.ErrCrashLoop}

// allowed are the errors of each operation, as its documentation has them, beside that of
// a context that has ended. Those of a file that is bad are in its flavour.
var allowed = map[kind][]error{
	swap:     append([]error{host.ErrCanary, host.ErrBusy, host.ErrState, host.ErrClosed}, loading...),
	canary:   append([]error{host.ErrCanary, host.ErrEmpty, host.ErrTwoStates, host.ErrExclusive, host.ErrClosed, host.ErrCrashed}, loading...),
	setShare: {host.ErrNoCanary},
	promote:  {host.ErrNoCanary, host.ErrBusy},
	abort:    {host.ErrNoCanary, host.ErrBusy},
	rollback: append([]error{host.ErrNoneBefore, host.ErrCanary, host.ErrBusy, host.ErrState, host.ErrClosed, host.ErrCrashed}, loading...),
	closing:  {host.ErrBusy},
	opening:  {host.ErrTooMany},
}

// isAny reports whether err is one of them.
func isAny(err error, list []error) bool {
	return slices.ContainsFunc(list, func(target error) bool { return errors.Is(err, target) })
}

// ofContext reports whether err is that of a context that has ended.
func ofContext(ctx context.Context, err error) bool {
	return ctx.Err() != nil && errors.Is(err, ctx.Err())
}
