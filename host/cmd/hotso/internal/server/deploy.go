package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"sync"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/jsontext"
	"github.com/hotso/hotso/host/watch"
)

// A SwapRequest is the body of POST /swap: one of the two.
type SwapRequest struct {
	File    string `json:"file,omitempty"`    // in the directory that is served; its path or name
	Version string `json:"version,omitempty"` // of a file there
}

const maxSwapRequest = 8 << 10 // bytes

// served are the versions that were swapped in, by their text.
type served struct {
	mu sync.Mutex
	m  map[string]watch.Version
}

func (s *served) add(v watch.Version) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.m == nil {
		s.m = map[string]watch.Version{}
	}
	s.m[v.Text] = v
}

func (s *served) get(text string) (watch.Version, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.m[text]
	return v, ok
}

// deploys wraps a handler: only those who may deploy reach it, and only once there is a
// library.
func (s *Server) deploys(h func(*library, http.ResponseWriter, *http.Request)) http.HandlerFunc {
	return s.trusted(s.ofLibrary(h))
}

// swap answers POST /swap.
func (l *library) swap(w http.ResponseWriter, r *http.Request) {
	var want SwapRequest
	err := decode(w, r, &want)
	if err == nil && (want.File == "") == (want.Version == "") {
		err = errors.New("file or version: one of them")
	}
	if err != nil {
		fail(w, http.StatusBadRequest, `the body is not {"file": ...} or {"version": ...}: %v`, err)
		return
	}
	v, err := l.find(want)
	if err != nil {
		fail(w, http.StatusNotFound, "%v", err)
		return
	}
	swap, err := l.swapIn(context.WithoutCancel(r.Context()), v)
	answerDeployment(w, swap, err)
}

// swapIn has the slot swap to v.
func (l *library) swapIn(ctx context.Context, v watch.Version) (*host.Swap, error) {
	l.memory.ask(v)
	swap, err := l.slot.Swap(ctx, v.Path)
	if swap != nil {
		l.served.add(v)
	}
	l.slot.Flush(ctx) // the memory and the journal know by then
	return swap, err
}

// decode reads the body of a deployment: one JSON value in UTF-8, and nothing behind it. An
// empty body is io.EOF.
func decode(w http.ResponseWriter, r *http.Request, want any) error {
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxSwapRequest))
	if err != nil {
		return err
	}
	if err := jsontext.CheckUTF8(b); err != nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(want); err != nil {
		return err
	}
	if _, err := dec.Token(); err != io.EOF {
		return errors.New("there is more after the JSON value")
	}
	return nil
}

// find looks only at files that could have been served anyway: who may deploy must not
// have the server load what others wrote elsewhere.
func (l *library) find(want SwapRequest) (watch.Version, error) {
	dir := l.directory()
	if dir == "" {
		return watch.Version{}, fmt.Errorf("there is no version of %s yet", l.name)
	}
	list, err := watch.List(dir, l.name)
	for _, v := range list {
		if v.Text == want.Version || want.File == filepath.Base(v.Path) || want.File != "" && filepath.Clean(want.File) == filepath.Clean(v.Path) {
			return v, nil
		}
	}
	if err == nil {
		err = fmt.Errorf("there is no such version of %s in %s", l.name, dir)
	}
	return watch.Version{}, err
}

// rollback answers POST /rollback.
func (l *library) rollback(w http.ResponseWriter, r *http.Request) {
	swap, err := l.slot.Rollback(context.WithoutCancel(r.Context()))
	answerDeployment(w, swap, err)
}

// answerDeployment answers what was done. With a swap the new version serves, and
// with a report the canary is gone from the calls, whatever holds the old one.
func answerDeployment[T any](w http.ResponseWriter, done *T, err error) {
	switch {
	case done != nil:
		answer(w, http.StatusOK, done)
	case errors.Is(err, host.ErrRefused):
		failFor(w, http.StatusUnprocessableEntity, err, err.Error())
	case errors.Is(err, host.ErrArgument):
		failFor(w, http.StatusBadRequest, err, reason(err).Error())
	case slices.ContainsFunc(conflicts, func(c error) bool { return errors.Is(err, c) }):
		failFor(w, http.StatusConflict, err, err.Error())
	default:
		failFor(w, http.StatusBadGateway, err, err.Error())
	}
}

// conflicts are what can't be done as things are.
var conflicts = []error{host.ErrNoneBefore, host.ErrBusy, host.ErrState, host.ErrCanary, host.ErrNoCanary, host.ErrTwoStates,
	host.ErrExclusive, host.ErrEmpty, host.ErrConflict}
