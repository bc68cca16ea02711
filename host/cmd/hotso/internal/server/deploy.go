package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"sync"

	"github.com/hotso/hotso/host"
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

// swap answers POST /swap.
func (s *Server) swap(w http.ResponseWriter, r *http.Request) {
	slot := s.slot.Load()
	if slot == nil {
		fail(w, http.StatusServiceUnavailable, nobody)
		return
	}
	var want SwapRequest
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxSwapRequest))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&want); err != nil || (want.File == "") == (want.Version == "") {
		fail(w, http.StatusBadRequest, `the body is not {"file": ...} or {"version": ...}`)
		return
	}
	v, err := s.find(slot.Name(), want)
	if err != nil {
		fail(w, http.StatusNotFound, "%v", err)
		return
	}
	s.memory.ask(v)
	swap, err := slot.Swap(context.WithoutCancel(r.Context()), v.Path)
	if swap != nil {
		s.served.add(v)
	}
	answerSwap(w, swap, err)
}

// find looks only at files that could have been served anyway: a caller on
// loopback must not have the server load what others wrote elsewhere.
func (s *Server) find(name string, want SwapRequest) (watch.Version, error) {
	list, err := watch.List(s.conf.Dir, name)
	for _, v := range list {
		if v.Text == want.Version || want.File == filepath.Base(v.Path) || want.File != "" && filepath.Clean(want.File) == filepath.Clean(v.Path) {
			return v, nil
		}
	}
	if err == nil {
		err = fmt.Errorf("there is no such version of %s in %s", name, s.conf.Dir)
	}
	return watch.Version{}, err
}

// rollback answers POST /rollback.
func (s *Server) rollback(w http.ResponseWriter, r *http.Request) {
	slot := s.slot.Load()
	if slot == nil {
		fail(w, http.StatusServiceUnavailable, nobody)
		return
	}
	swap, err := slot.Rollback(context.WithoutCancel(r.Context()))
	answerSwap(w, swap, err)
}

// answerSwap: with a swap the new version serves, whatever holds the old one.
func answerSwap(w http.ResponseWriter, swap *host.Swap, err error) {
	switch {
	case swap != nil:
		answer(w, http.StatusOK, swap)
	case errors.Is(err, host.ErrRefused):
		fail(w, http.StatusUnprocessableEntity, "%v", err)
	case errors.Is(err, host.ErrNoneBefore), errors.Is(err, host.ErrBusy), errors.Is(err, host.ErrState):
		fail(w, http.StatusConflict, "%v", err)
	default:
		fail(w, http.StatusBadGateway, "%v", err)
	}
}
