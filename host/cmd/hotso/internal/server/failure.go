package server

import (
	"context"
	"errors"
	"net/http"
	"os"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/help"
	"github.com/hotso/hotso/host/internal/transcode"
)

const nobody = "no version serves; GET /versions tells why"

// statusOf is the status of the answer to a call that failed with err, 0 if nobody is there
// to read one.
func statusOf(err error) int {
	var failed *host.CallError
	var crash *host.Crash
	var tooLarge *http.MaxBytesError
	var bad badRequest
	var reply *transcode.ReplyError
	switch {
	case errors.As(err, &failed), errors.As(err, &crash), errors.Is(err, errResultNotText), errors.As(err, &reply):
		return http.StatusBadGateway
	case errors.Is(err, host.ErrFunction):
		return http.StatusNotFound
	case errors.Is(err, host.ErrEmpty), errors.Is(err, host.ErrClosed),
		errors.Is(err, host.ErrTooManyCalls), errors.Is(err, host.ErrPaused), errors.Is(err, errBusy):
		return http.StatusServiceUnavailable
	case errors.As(err, &tooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, os.ErrDeadlineExceeded):
		return http.StatusRequestTimeout
	case errors.Is(err, host.ErrArgument), errors.As(err, &bad):
		return http.StatusBadRequest
	case errors.Is(err, host.ErrHung) && errors.Is(err, context.DeadlineExceeded):
		return http.StatusGatewayTimeout // of the server's; else the client is gone
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return 0
	}
	return http.StatusInternalServerError
}

// failCall answers a call that failed. slot may be nil if no library is there yet.
func failCall(w http.ResponseWriter, slot *host.Slot, name string, err error) {
	var failed *host.CallError
	var crash *host.Crash
	var wrong *transcode.Error
	status := statusOf(err)
	switch {
	case status == 0:
		panic(http.ErrAbortHandler) // or net/http would answer 200, without a result
	case errors.As(err, &failed):
		kind := "error"
		if failed.Panicked {
			kind = "panic"
		}
		var named namedError
		errors.As(err, &named)
		answer(w, status, failure{firstLine(failed.Message), kind, failed.Version, named.names, help.Page(err)})
	case errors.As(err, &crash):
		answer(w, status, failure{Error: firstLine(crash.Error()), Kind: "crash", Version: crash.Version, Page: help.Page(err)})
	case errors.Is(err, host.ErrFunction):
		failFor(w, status, err, unknown(slot, name))
	case errors.Is(err, host.ErrEmpty), errors.Is(err, host.ErrClosed):
		failFor(w, status, err, nobody)
	case errors.Is(err, host.ErrArgument) && errors.As(err, &wrong):
		failFor(w, status, err, wrong.Error())
	case errors.Is(err, host.ErrArgument):
		failFor(w, status, err, reason(err).Error())
	default:
		failFor(w, status, err, err.Error())
	}
}
