package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/watch"
)

// Exit codes; newExitCodes documents them.
const (
	exitOK      = 0
	exitFailed  = 1
	exitUsage   = 2
	exitRefused = 3
	exitCall    = 4
)

func newExitCodes() *cobra.Command {
	return &cobra.Command{
		Use:   "exit-codes",
		Short: "What the exit codes mean",
		Long: `Exit codes of hotso:

  0  it did what it was told
  1  the operation failed: no such file, build failed, library does not start,
     calls were still inside at the end of a drain, ...
  2  the command line is wrong, or the arguments don't fit the function
  3  the library was refused before any of its code ran: damaged, not sealed,
     built for another machine, other ABI, ...
  4  the library's function returned an error, panicked, or crashed the library`,
	}
}

// A usageError is a wrong command line.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

func exitCode(err error) int {
	var usage usageError
	var failed *host.CallError
	var step *host.Error // a crash in a step before the call is a failed step
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &usage), errors.Is(err, host.ErrArgument), errors.Is(err, watch.ErrBadName):
		return exitUsage
	case errors.As(err, &failed):
		return exitCall
	case errors.Is(err, host.ErrRefused):
		return exitRefused
	case errors.Is(err, host.ErrCrashed) && !errors.As(err, &step):
		return exitCall
	}
	return exitFailed
}
