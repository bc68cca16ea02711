package server

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/watch"
)

// DefaultKeyHeader is the request header that gives a call its key, unless a
// CanaryRequest names another.
const DefaultKeyHeader = "Hotso-Key"

// A CanaryRequest is the body of POST /canary. With a file or version it begins a
// canary; without, it changes the share of the one that runs.
type CanaryRequest struct {
	SwapRequest
	Percent *float64 `json:"percent,omitempty"` // of the calls; needed unless there are keys
	Keys    []string `json:"keys,omitempty"`    // calls with these go to it as well
	Header  string   `json:"header,omitempty"`  // that has the key of a call; default: as it is
	// When to promote it; not for one that runs.
	Calls  int64   `json:"calls,omitempty"`
	After  string  `json:"after,omitempty"` // such as 10m
	Errors float64 `json:"errors,omitempty"`
}

func (r CanaryRequest) share() host.Share {
	share := host.Share{Keys: r.Keys}
	if r.Percent != nil {
		share.Percent = *r.Percent
	}
	return share
}

func (r CanaryRequest) promotion() (p host.Promotion, err error) {
	p = host.Promotion{Calls: r.Calls, Errors: r.Errors}
	if r.After != "" {
		p.After, err = time.ParseDuration(r.After)
	}
	return p, err
}

// begins reports whether a new canary is meant.
func (r CanaryRequest) begins() bool { return r.File != "" || r.Version != "" }

// readCanary reads a request, or answers why it can't.
func readCanary(w http.ResponseWriter, r *http.Request) (want CanaryRequest, p host.Promotion, ok bool) {
	err := decode(w, r, &want)
	if err == nil {
		p, err = want.promotion()
	}
	switch {
	case err != nil && err != io.EOF:
	case want.File != "" && want.Version != "":
		err = errors.New("file or version: one of them")
	case want.Percent == nil && len(want.Keys) == 0:
		err = errors.New("percent is missing")
	case !want.begins() && p != host.Promotion{}:
		err = errors.New("calls, after and errors are for a new canary, with file or version")
	case p.Calls < 0 || p.After < 0 || !(p.Errors >= 0 && p.Errors <= 1):
		err = errors.New("calls and after must not be negative, and errors between 0 and 1")
	case strings.ContainsFunc(want.Header, func(c rune) bool { return c <= ' ' || c > '~' || c == ':' }):
		err = errors.New("header is not the name of one")
	default:
		return want, p, true
	}
	fail(w, http.StatusBadRequest, `the body is not {"version": ..., "percent": ...}: %v`, err)
	return want, p, false
}

// canary answers POST /canary.
func (l *library) canary(w http.ResponseWriter, r *http.Request) {
	want, promotion, ok := readCanary(w, r)
	if !ok {
		return
	}
	var info *host.VersionInfo
	var err error
	if want.begins() {
		v, missing := l.find(want.SwapRequest)
		if missing != nil {
			fail(w, http.StatusNotFound, "%v", missing)
			return
		}
		info, err = l.beginCanary(context.WithoutCancel(r.Context()), v, want.share(), promotion)
	} else if err = l.slot.SetShare(want.share()); err == nil {
		info = canaryOf(l.slot)
	}
	if err == nil && want.Header != "" {
		l.keyHeader.Store(&want.Header)
	}
	answerDeployment(w, info, err)
}

// beginCanary has the slot load v as a canary.
func (l *library) beginCanary(ctx context.Context, v watch.Version, share host.Share, p host.Promotion) (*host.VersionInfo, error) {
	l.memory.ask(v)
	l.served.add(v) // it may be promoted before this returns
	info, err := l.slot.Canary(ctx, v.Path, share, p)
	l.slot.Flush(ctx) // the memory and the journal know by then
	return info, err
}

// canaryOf is the entry of the canary that runs, or nil.
func canaryOf(slot *host.Slot) *host.VersionInfo {
	list := slot.Versions()
	if i := slices.IndexFunc(list, func(v host.VersionInfo) bool { return v.State == host.Canary }); i >= 0 {
		return &list[i]
	}
	return nil
}

// promote answers POST /promote.
func (l *library) promote(w http.ResponseWriter, r *http.Request) {
	swap, err := l.slot.Promote(context.WithoutCancel(r.Context()))
	answerDeployment(w, swap, err)
}

// abort answers POST /abort.
func (l *library) abort(w http.ResponseWriter, r *http.Request) {
	report, err := l.slot.Abort(context.WithoutCancel(r.Context()))
	answerDeployment(w, report, err)
}

// withKey gives the calls of a request their key.
func (l *library) withKey(r *http.Request) context.Context {
	header := DefaultKeyHeader
	if h := l.keyHeader.Load(); h != nil {
		header = *h
	}
	if key := r.Header.Get(header); key != "" {
		return host.WithKey(r.Context(), key)
	}
	return r.Context()
}
