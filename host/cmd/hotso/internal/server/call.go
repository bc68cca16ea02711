package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/hotso/hotso/host"
)

// call answers POST /call/{function}.
func (s *Server) call(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("function")
	args, status, err := s.readArguments(w, r)
	if err != nil {
		fail(w, status, "%v", err)
		return
	}
	slot := s.slot.Load()
	if slot == nil {
		fail(w, http.StatusServiceUnavailable, nobody)
		return
	}
	if streams(slot, name) {
		s.stream(w, r, slot, name, args)
		return
	}
	result, err := slot.Call(s.withKey(r), name, args...)
	if err != nil {
		s.failCall(w, slot, name, err)
		return
	}
	answer(w, http.StatusOK, reply{JSON(result.Value), result.Version})
}

const nobody = "no version serves; GET /versions tells why"

type reply struct {
	Result  any    `json:"result"`
	Version string `json:"version"`
}

func (s *Server) failCall(w http.ResponseWriter, slot *host.Slot, name string, err error) {
	var failed *host.CallError
	var crash *host.Crash
	switch {
	case errors.As(err, &failed):
		kind := "error"
		if failed.Panicked {
			kind = "panic"
		}
		answer(w, http.StatusBadGateway, failure{firstLine(failed.Message), kind, failed.Version})
	case errors.As(err, &crash):
		answer(w, http.StatusBadGateway, failure{firstLine(crash.Error()), "crash", crash.Version})
	case errors.Is(err, host.ErrFunction):
		fail(w, http.StatusNotFound, "%s", unknown(slot, name))
	case errors.Is(err, host.ErrArgument):
		fail(w, http.StatusBadRequest, "%v", reason(err))
	case errors.Is(err, host.ErrEmpty), errors.Is(err, host.ErrClosed):
		fail(w, http.StatusServiceUnavailable, nobody)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		// Nobody is there to read an answer.
	default:
		fail(w, http.StatusInternalServerError, "%v", err)
	}
}

// firstLine leaves out stacks, which are not for clients.
func firstLine(text string) string {
	first, _, _ := strings.Cut(text, "\n")
	return first
}

func unknown(slot *host.Slot, name string) string {
	text := fmt.Sprintf("%s has no function %s", slot.Name(), name)
	if lib := slot.Current(); lib != nil {
		var names []string
		for _, f := range lib.Description().Manifest.Functions {
			names = append(names, f.Name)
		}
		text += "; v" + lib.Version() + " has " + strings.Join(names, ", ")
	}
	return text
}

// reason is what is wrong with a request, without the steps of the host.
func reason(err error) error {
	var e *host.Error
	if errors.As(err, &e) && e.Cause != nil {
		return e.Cause
	}
	return err
}

// readArguments reads a JSON array. An empty body is no arguments. If there
// is an error, status says how to answer it.
func (s *Server) readArguments(w http.ResponseWriter, r *http.Request) (args []any, status int, err error) {
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(readTimeout))
	defer control.SetReadDeadline(time.Time{})

	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, s.conf.MaxBody))
	dec.UseNumber() // or integers beyond 2^53 would be rounded
	var body any
	if err := dec.Decode(&body); err == io.EOF {
		return nil, 0, nil
	} else if err != nil {
		return nil, readStatus(err), fmt.Errorf("the body is not JSON: %w", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, readStatus(err), errors.New("there is more behind the JSON array")
	}
	args, ok := body.([]any)
	if !ok {
		return nil, http.StatusBadRequest, errors.New(`the body is not a JSON array of arguments, such as [1, "two"]`)
	}
	Argument(args)
	return args, 0, nil
}

// readStatus is how to answer a body that can't be read.
func readStatus(err error) int {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, os.ErrDeadlineExceeded):
		return http.StatusRequestTimeout
	}
	return http.StatusBadRequest
}
