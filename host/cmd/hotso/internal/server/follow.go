package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hotso/hotso/cabi/abi/manifest"
	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/version"
	"github.com/hotso/hotso/host/watch"
)

// ErrAmbiguous means that a directory holds libraries of several names.
var ErrAmbiguous = errors.New("libraries of several names")

// Names lists the names of the libraries that have a version in dir.
func Names(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if name, _, ok := version.ParseFileName(e.Name()); ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// findName returns the configured name, or waits until there is a library in
// the directory. The name is empty if ctx ended first.
func (s *Server) findName(ctx context.Context) (string, error) {
	if s.conf.Name != "" {
		return s.conf.Name, version.CheckName(s.conf.Name)
	}
	for {
		names, _ := Names(s.conf.Dir) // a directory that isn't there may come
		switch {
		case len(names) > 1:
			return "", fmt.Errorf("%s has %w: %s", s.conf.Dir, ErrAmbiguous, strings.Join(names, ", "))
		case len(names) == 1:
			return names[0], nil
		}
		select {
		case <-ctx.Done():
			return "", nil
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// follow loads the newest version in the directory, and each newer one that
// appears, until ctx ends.
func (s *Server) follow(ctx context.Context) error {
	name, err := s.findName(ctx)
	if name == "" || err != nil {
		return err
	}
	opts := append([]host.Option{host.DrainTimeout(s.conf.Drain), host.OnEvent(s.emit)}, s.conf.Options...)
	slot := host.NewSlot(name, opts...)
	s.slot.Store(slot)
	f := &follower{Server: s, slot: slot, manifests: map[string]manifest.Manifest{}}
	watching := append([]watch.Option{watch.WithComplete(f.complete), watch.WithPatience(defaultPatience)}, s.conf.Watch...)
	ctx, cancel := context.WithCancel(ctx)
	var resuming sync.WaitGroup
	resuming.Go(func() { f.resumeWhenDecided(ctx) })
	defer func() { cancel(); resuming.Wait() }()
	for e := range watch.Events(ctx, s.conf.Dir, name, watching...) {
		f.see(ctx, e)
	}
	return nil
}

// A follower connects the directory to the slot.
type follower struct {
	*Server
	slot *host.Slot

	mu         sync.Mutex // held for a whole load: there is one at a time
	candidates candidates
	waiting    bool                         // a candidate waits for the end of a canary
	manifests  map[string]manifest.Manifest // of complete files, by path
}

func (f *follower) see(ctx context.Context, e watch.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	v := e.Version
	switch e.Kind {
	case watch.Found, watch.Changed:
		f.notes.delete(v.Path)
		f.consider(ctx, e)
	case watch.Removed:
		f.notes.delete(v.Path)
		f.candidates.remove(v)
		delete(f.manifests, v.Path)
		e := host.Event{Name: v.Name, Version: v.Text, File: v.Path, State: Removed}
		if f.candidates.isCurrent(v) {
			e.Detail = "it goes on serving without its file"
		}
		f.emit(e)
	case watch.Invalid:
		f.candidates.remove(v)
		delete(f.manifests, v.Path)
		f.note(v, host.Refused, refusal(e.Err), true)
	case watch.Trouble:
		f.emit(host.Event{Name: f.slot.Name(), State: Trouble, Detail: e.Err.Error(), Err: e.Err})
	}
}

// consider swaps in the best version that there is, if it is better than the
// current one. A version that fails makes room for the next best.
func (f *follower) consider(ctx context.Context, e watch.Event) {
	f.candidates.current = f.current()
	switch f.candidates.add(e.Version, e.Newest) {
	case older:
		f.note(e.Version, Ignored, f.olderThanCurrent(), true)
		return
	case wait:
		return
	}
	f.loadBest(ctx)
}

// resumeWhenDecided goes on with what waits for the end of a canary.
func (f *follower) resumeWhenDecided(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-f.decided:
		}
		f.mu.Lock()
		if f.waiting {
			f.candidates.current = f.current()
			f.loadBest(ctx)
		}
		f.mu.Unlock()
	}
}

// loadBest tries the candidates, best first, until one serves or is a canary.
func (f *follower) loadBest(ctx context.Context) {
	f.waiting = false
	for ctx.Err() == nil {
		v, ok := f.candidates.best(f.memory.passed)
		if !ok {
			return
		}
		if f.memory.failed(v) {
			f.skip(v, "it failed on probation or as a canary, before the server was started")
			continue
		}
		if f.candidates.isOlder(v) { // it waited while a newer one was promoted
			f.skip(v, f.olderThanCurrent())
			continue
		}
		if c := canaryOf(f.slot); c != nil {
			f.note(v, Ignored, "it waits: v"+c.Version+" is a canary", true)
			f.waiting = true
			return
		}
		for _, p := range f.candidates.tried(v, f.load(ctx, v)) {
			f.note(p, Ignored, f.olderThanCurrent(), false)
		}
	}
}

// skip leaves a candidate out.
func (f *follower) skip(v watch.Version, why string) {
	f.note(v, Ignored, why, true)
	f.candidates.tried(v, false)
}

// current is the version that serves, or nil. It is not always the last that
// was loaded: a slot falls back when a version crashes.
func (f *follower) current() *watch.Version {
	if lib := f.slot.Current(); lib != nil {
		if v, ok := f.served.get(lib.Version()); ok {
			return &v
		}
	}
	return nil
}

// load swaps a version in, or has it begin as a canary, and reports whether it
// serves.
func (f *follower) load(ctx context.Context, v watch.Version) bool {
	if lib := f.slot.Current(); lib != nil && f.candidates.isCurrent(v) {
		if m, ok := f.manifests[v.Path]; ok && reflect.DeepEqual(m, lib.Description().Manifest) {
			return true // written again with the same content
		}
	}
	// A swap that has begun is finished: cut short, it would quarantine a
	// version that is about to be empty. Its own timeouts bound it.
	ctx = context.WithoutCancel(ctx)
	if f.conf.Canary != nil && f.slot.Current() != nil {
		_, _ = f.beginCanary(ctx, f.slot, v, *f.conf.Canary, f.conf.Promotion)
		return false // not yet
	}
	swap, _ := f.swapIn(ctx, f.slot, v) // the slot tells its errors as events
	return swap != nil
}

func (f *follower) olderThanCurrent() string {
	return "older than " + f.candidates.current.Text + ", which serves"
}

// note remembers a file that the slot never saw.
func (f *follower) note(v watch.Version, state host.State, why string, tell bool) {
	now := time.Now()
	f.notes.add(host.VersionInfo{Version: v.Text, File: v.Path, State: state, Since: now, Reason: why})
	if tell {
		f.slot.Flush(context.Background()) // it may be the reason for this
		f.emit(host.Event{Time: now, Name: v.Name, Version: v.Text, File: v.Path, State: state, Detail: why})
	}
}
