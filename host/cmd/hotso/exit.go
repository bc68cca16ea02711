package main

import (
	"errors"
	"fmt"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/oci"
	"github.com/hotso/hotso/host/watch"
)

// Exit codes; docs/exit-codes.md documents them.
const (
	exitOK      = 0
	exitFailed  = 1
	exitUsage   = 2
	exitRefused = 3
	exitCall    = 4
)

// A usageError is a wrong command line.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

func exitCode(err error) int {
	var usage usageError
	var failed *host.CallError
	var ended rolloutEnd
	var step *host.Error // a crash in a step before the call is a failed step
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &usage), errors.Is(err, host.ErrArgument), errors.Is(err, watch.ErrBadName), errors.Is(err, oci.ErrReference):
		return exitUsage
	case errors.As(err, &ended):
		return ended.code
	case errors.As(err, &failed):
		return exitCall
	case errors.Is(err, host.ErrRefused), errors.Is(err, oci.ErrPlatform), errors.Is(err, oci.ErrNoLibrary), errors.Is(err, oci.ErrDamaged), errors.Is(err, oci.ErrUnsigned):
		return exitRefused
	case errors.Is(err, host.ErrCrashed) && !errors.As(err, &step):
		return exitCall
	}
	return exitFailed
}
