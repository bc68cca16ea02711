package server

import (
	"fmt"
	"io"
	"net/http"
)

// readBody reads the body of a request into memory that s has.
func (s *Server) readBody(w http.ResponseWriter, r *http.Request, share *share) ([]byte, error) {
	in := http.MaxBytesReader(w, r.Body, s.conf.MaxBody)
	limit := s.conf.MaxBody + 1 // one more: Read tells the end
	if r.ContentLength >= 0 {
		limit = min(limit, r.ContentLength+1)
	}
	b := make([]byte, 0, min(limit, smallBytes/4))
	for {
		// No more at a time: what the kernel copies keeps a processor from all others.
		n, err := in.Read(b[len(b):min(cap(b), len(b)+64<<10)])
		b = b[:len(b)+n]
		switch {
		case err == io.EOF:
			return b, nil
		case err != nil:
			return nil, fmt.Errorf("the body can't be read: %w", err)
		case len(b) < cap(b):
			continue
		}
		// It grows as it comes: what a client promises takes nothing.
		more := min(limit, 2*int64(len(b)))
		if err := share.grow(r.Context(), more+int64(len(b))); err != nil {
			return nil, err
		}
		b = append(make([]byte, 0, more), b...)
		share.become(more)
	}
}

// A parser takes the body of a call apart. cost is what the arguments may take when they are read, in bytes.
type parser func(b []byte) (args []any, cost int64, err error)

// readArguments reads the arguments of a call, and has share be of what they take.
func (s *Server) readArguments(w http.ResponseWriter, r *http.Request, share *share, parse parser) (args []any, err error) {
	b, err := s.readBody(w, r, share)
	if err != nil {
		return nil, err
	}
	if len(b) > smallBytes { // so that small ones need not wait for a processor
		turn, end, err := s.turn(r)
		if err != nil {
			return nil, err
		}
		defer end()
		if err := turn.hold(r.Context()); err != nil {
			return nil, err
		}
	}
	args, cost, err := parse(b)
	if err != nil {
		return nil, badRequest{err}
	}
	return args, share.grow(r.Context(), int64(cap(b))+cost)
}

// A badRequest is the client's mistake.
type badRequest struct{ error }

func (e badRequest) Unwrap() error { return e.error }
