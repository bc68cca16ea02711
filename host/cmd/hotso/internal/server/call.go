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

	"github.com/hotso/hotso/cabi/abi"
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
	for {
		lib := s.current()
		if lib == nil {
			fail(w, http.StatusServiceUnavailable, "no version serves; GET /versions tells why")
			return
		}
		result, err := callOn(r.Context(), lib, name, args)
		if errors.Is(err, host.ErrClosed) && s.current() != lib {
			continue // replaced between the two; its successor answers
		}
		if err != nil {
			s.failCall(w, lib, name, err)
			return
		}
		answer(w, http.StatusOK, reply{JSON(result.Value), result.Version})
		return
	}
}

type reply struct {
	Result  any    `json:"result"`
	Version string `json:"version"`
}

func (s *Server) current() *host.Library {
	if slot := s.slot.Load(); slot != nil {
		return slot.Current()
	}
	return nil
}

// callOn calls one version, so that the arguments are converted to the
// parameters of the very function that is called.
func callOn(ctx context.Context, lib *host.Library, name string, args []any) (host.Result, error) {
	f, ok := lib.Manifest.Function(name)
	if !ok {
		return host.Result{}, host.ErrFunction
	}
	sig, err := abi.ParseSignature(f.Signature)
	if err != nil {
		return host.Result{}, err
	}
	converted, err := arguments(sig, args)
	if err != nil {
		return host.Result{}, err
	}
	return lib.Call(ctx, name, converted...)
}

func (s *Server) failCall(w http.ResponseWriter, lib *host.Library, name string, err error) {
	var failed *host.CallError
	switch {
	case errors.As(err, &failed):
		message, _, _ := strings.Cut(failed.Message, "\n") // a panic's stack is not for the client
		kind := "error"
		if failed.Panicked {
			kind = "panic"
		}
		answer(w, http.StatusBadGateway, failure{message, kind, failed.Version})
	case errors.Is(err, host.ErrFunction):
		var names []string
		for _, f := range lib.Manifest.Functions {
			names = append(names, f.Name)
		}
		fail(w, http.StatusNotFound, "%s v%s has no function %s; it has %s",
			lib.Name(), lib.Version(), name, strings.Join(names, ", "))
	case errors.Is(err, host.ErrArgument):
		fail(w, http.StatusBadRequest, "%v", reason(err))
	case errors.Is(err, host.ErrClosed):
		fail(w, http.StatusServiceUnavailable, "%v", err)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		// Nobody is there to read an answer.
	default:
		fail(w, http.StatusInternalServerError, "%v", err)
	}
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
