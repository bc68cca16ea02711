package top

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
)

// patience is how long a server may take to say how things are. A deployment may take longer.
const patience = 5 * time.Second

// A Server is a running hotso serve. Its methods may be called from any goroutine at the same time.
type Server struct {
	Place string // where it is, for people
	Base  string // what its URLs begin with
	Token string // for deployments; empty: none is sent
	Only  string // the library that is looked at; empty: all
	HTTP  *http.Client

	silence time.Duration // after which a stream of events is given up; 0: the usual
}

// A Refusal is an answer other than 200.
type Refusal struct {
	Status int
	text   string
	page   string
}

func (r *Refusal) Error() string { return r.text }

// Page is what hotso help has on it, or empty.
func (r *Refusal) Page() string { return r.page }

// isMissing reports whether the server has nothing at a path: it may be older than this program.
func isMissing(err error) bool {
	var r *Refusal
	return errors.As(err, &r) && r.Status == http.StatusNotFound
}

// open asks, and returns the body of the answer.
func (s *Server) open(ctx context.Context, method, path string) (io.ReadCloser, error) {
	r, err := http.NewRequestWithContext(ctx, method, s.Base+path, nil)
	if err != nil {
		return nil, err
	}
	if s.Token != "" {
		r.Header.Set("Authorization", "Bearer "+s.Token)
	}
	resp, err := s.HTTP.Do(r)
	if err != nil {
		return nil, fmt.Errorf("no server at %s (start one with hotso serve): %w", s.Place, errors.Unwrap(err))
	}
	if resp.StatusCode == http.StatusOK {
		return resp.Body, nil
	}
	defer resp.Body.Close()
	var f struct{ Error, Page string }
	_ = json.NewDecoder(io.LimitReader(resp.Body, 64<<10)).Decode(&f) // empty if it is not JSON; then the status says what is wrong
	if f.Error == "" {
		f.Error = resp.Status
	}
	return nil, &Refusal{resp.StatusCode, f.Error, f.Page}
}

// get asks for JSON.
func (s *Server) get(ctx context.Context, path string, result any) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return s.do(ctx, http.MethodGet, path, result)
}

func (s *Server) do(ctx context.Context, method, path string, result any) error {
	body, err := s.open(ctx, method, path)
	if err != nil {
		return err
	}
	defer body.Close()
	b, err := io.ReadAll(body) // to its end, so that the connection is used again
	if err != nil {
		return fmt.Errorf("%s broke off: %w", s.Place, err)
	}
	if err := json.Unmarshal(b, result); err != nil {
		return fmt.Errorf("what %s says is no answer of hotso serve: %w", s.Place, err)
	}
	return nil
}

// usualSilence is three heartbeats of a server: a connection may be dead though nobody has closed it.
const usualSilence = 45 * time.Second

// events calls heard for each event, first those that the server remembers, until the stream ends.
func (s *Server) events(ctx context.Context, heard func(server.Event)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	body, err := s.open(ctx, http.MethodGet, "/events")
	if err != nil {
		return err
	}
	defer body.Close()
	silence := cmp.Or(s.silence, usualSilence)
	giveUp := time.AfterFunc(silence, cancel)
	defer giveUp.Stop()
	in := bufio.NewScanner(body)
	in.Buffer(nil, 4<<20) // an event may have the report of an unload
	for in.Scan() {
		giveUp.Reset(silence)
		text, isData := strings.CutPrefix(in.Text(), "data: ")
		if !isData {
			continue
		}
		var e server.Event
		if err := json.Unmarshal([]byte(text), &e); err != nil {
			return fmt.Errorf("what %s says is no event of hotso serve: %w", s.Place, err)
		}
		heard(e)
	}
	return in.Err()
}
