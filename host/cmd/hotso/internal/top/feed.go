package top

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/history"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
)

// every is how often the server is asked, and tried again while it is away.
const every = time.Second

// A feed learns how a server is. Its methods are for one goroutine.
type feed struct {
	server *Server
	all    map[string]*series // by library

	// What the server does not have is not asked for again, until it was away.
	oneLibrary, noHistory bool

	skew time.Duration // of the server's clock, as far as it says; times in what it says are by that
}

func newFeed(s *Server) *feed { return &feed{server: s, all: map[string]*series{}} }

// What a feed sends to the model.
type (
	looked struct {
		snapshot Snapshot
		err      error // then there is no snapshot
	}
	heard struct{ events []server.Event }
)

// run sends what it learns until ctx ends. It has looked once before.
func (f *feed) run(ctx context.Context, send func(tea.Msg)) {
	var listening sync.WaitGroup
	defer listening.Wait()
	listening.Go(func() { f.listen(ctx, send) })
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		s, err := f.look(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			f.oneLibrary, f.noHistory = false, false // another one may come
		}
		send(looked{s, err})
	}
}

// listen sends events. Each time it is connected, those that the server remembers come first: it
// may be another process, whose numbers of events begin again.
func (f *feed) listen(ctx context.Context, send func(tea.Msg)) {
	for {
		_ = f.server.events(ctx, func(e server.Event) { send(heard{[]server.Event{e}}) }) // look says what is wrong
		select {
		case <-ctx.Done():
			return
		case <-time.After(every):
		}
	}
}

// look asks how the server is.
func (f *feed) look(ctx context.Context) (Snapshot, error) {
	s := Snapshot{Server: f.server.Place, Libraries: []Library{}}
	names, err := f.names(ctx)
	if err != nil {
		return s, err
	}
	for _, inPaths := range names {
		l, err := f.library(ctx, inPaths)
		if err != nil {
			return s, err
		}
		s.Libraries = append(s.Libraries, l)
	}
	s.Time = f.now()
	if only := f.server.Only; only != "" && !slices.ContainsFunc(s.Libraries, func(l Library) bool { return l.Name == only || l.Name == "" }) {
		return s, fmt.Errorf("%s has no library %s", f.server.Place, only)
	}
	return s, nil
}

func (f *feed) now() time.Time { return time.Now().Add(f.skew) }

// names are what follows the first segment of paths, for each library.
func (f *feed) names(ctx context.Context) ([]string, error) {
	if f.oneLibrary {
		return []string{""}, nil
	}
	var libraries []struct{ Name string }
	switch err := f.server.get(ctx, "/libraries", &libraries); {
	case isMissing(err):
		f.oneLibrary = true
		return []string{""}, nil
	case err != nil:
		return nil, err
	}
	if len(libraries) < 2 { // there may be none yet, and then the first one
		return []string{""}, nil
	}
	var names []string
	for _, l := range libraries {
		if f.server.Only == "" || f.server.Only == l.Name {
			names = append(names, "/"+url.PathEscape(l.Name))
		}
	}
	return names, nil
}

func (f *feed) library(ctx context.Context, inPaths string) (Library, error) {
	var v server.Versions
	if err := f.server.get(ctx, "/versions"+inPaths, &v); err != nil {
		return Library{}, err
	}
	of := f.all[v.Name]
	if of == nil {
		of = &series{}
		f.all[v.Name] = of
	}
	if err := f.recall(ctx, inPaths, of); err != nil {
		return Library{}, err
	}
	now := f.now()
	if f.noHistory {
		of.count(now, v.Name, v.Versions)
	}
	l := Library{Name: v.Name, Serving: v.Serving, Canary: v.Canary, Waiting: of.waiting,
		points: slices.Clone(of.points), timed: of.timed, inPaths: inPaths}
	for _, version := range slices.Backward(v.Versions) {
		l.Versions = append(l.Versions, Version{version, of.rate(now, version)})
	}
	slices.SortStableFunc(l.Versions, newestFirst)
	return l, nil
}

// recall asks for what is new in the history of a library.
func (f *feed) recall(ctx context.Context, inPaths string, of *series) error {
	if f.noHistory {
		return nil
	}
	var h struct {
		Now     int64 // milliseconds since 1970
		Step    int64 // seconds
		Samples []history.Sample
	}
	err := f.server.get(ctx, "/history"+inPaths+"?step=1&since="+strconv.FormatInt(of.since(f.now()), 10), &h)
	var refused *Refusal
	switch {
	case isMissing(err):
		f.noHistory = true
		return nil
	case errors.As(err, &refused): // there is no library yet
		return nil
	case err == nil:
		f.skew = time.Until(time.UnixMilli(h.Now))
		of.take(h.Samples, time.Duration(max(h.Step, 1))*time.Second)
	}
	return err
}

// newestFirst has the version that serves and the canary before all others, and what was not loaded last.
func newestFirst(a, b Version) int {
	return cmp.Or(cmp.Compare(rankOf(a.State), rankOf(b.State)), cmp.Compare(b.Seq, a.Seq))
}

func rankOf(state host.State) int {
	switch state {
	case host.Serving:
		return 0
	case host.Canary:
		return 1
	}
	return 2
}
