package server

import (
	"context"
	"reflect"
	"sync"
	"time"

	"github.com/hotso/hotso/cabi/abi/manifest"
	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/watch"
)

// follow loads the newest version in the directory, and each newer one that
// appears, until ctx ends.
func (l *library) follow(ctx context.Context, dir string) {
	f := &follower{library: l, dir: dir, manifests: map[string]manifest.Manifest{}, present: map[string]bool{}}
	watching := append([]watch.Option{watch.WithComplete(f.complete), watch.WithPatience(defaultPatience), watch.WithRecheck(l.recheck)}, l.server.conf.Watch...)
	ctx, cancel := context.WithCancel(ctx)
	var beside sync.WaitGroup
	beside.Go(func() { f.resumeWhenDecided(ctx) })
	beside.Go(func() { f.history.Run(ctx) })
	defer func() { cancel(); beside.Wait() }()
	f.begin(ctx)
	for e := range watch.Events(ctx, dir, l.name, watching...) {
		f.see(ctx, e)
	}
}

// A follower connects the directory to the slot of a library.
type follower struct {
	*library
	dir string

	mu         sync.Mutex // held for a whole load: there is one at a time
	candidates candidates
	waiting    bool                         // a candidate waits for the end of a canary
	manifests  map[string]manifest.Manifest // of complete files, by path
	present    map[string]bool              // by path: there at the start, and not yet told
	begun      *watch.Version               // what the start began with, until it is told
}

// begin notes what is there, and loads the version that passed last before a restart:
// the watcher tells the newest first.
func (f *follower) begin(ctx context.Context) {
	list, _ := watch.List(f.dir, f.name) // the watcher tells what is wrong
	f.memory.begin(list)
	for _, v := range list {
		f.present[v.Path] = true
		if f.memory.passed(v) && f.complete(v.Path) == nil {
			f.begun = &v
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.begun != nil {
		f.candidates.add(*f.begun, true)
		f.loadBest(ctx)
	}
}

// isBegun reports whether an event is the watcher's first word of what the start began
// with.
func (f *follower) isBegun(v watch.Version) bool {
	return f.begun != nil && f.begun.Path == v.Path && f.begun.Size == v.Size && f.begun.ModTime.Equal(v.ModTime)
}

func (f *follower) see(ctx context.Context, e watch.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	v := e.Version
	switch e.Kind {
	case watch.Found, watch.Changed:
		f.notes.delete(v.Path)
		f.consider(ctx, e)
		delete(f.present, v.Path)
	case watch.Removed:
		f.notes.delete(v.Path)
		f.candidates.remove(v)
		delete(f.manifests, v.Path)
		f.digests.delete(v.Path)
		f.removed(ctx, v)
	case watch.Invalid:
		f.candidates.remove(v)
		delete(f.manifests, v.Path)
		f.digests.delete(v.Path)
		f.refuse(v, e.Err)
	case watch.Trouble:
		f.emit(host.Event{Name: f.slot.Name(), State: Trouble, Detail: e.Err.Error(), Err: e.Err})
	}
}

// consider swaps in the best version that there is, if it is better than the
// current one. A version that fails makes room for the next best.
func (f *follower) consider(ctx context.Context, e watch.Event) {
	f.candidates.current = f.current()
	if f.isBegun(e.Version) {
		f.begun = nil
		return // it was tried, and what is newer has been told
	}
	switch f.candidates.add(e.Version, e.Newest) {
	case older:
		f.note(e.Version, Ignored, f.olderThanCurrent(), !f.present[e.Version.Path])
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
		if c := canaryOf(f.slot); c != nil && !f.leave(ctx, c) {
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
	if s := f.settings(); s.Canary != nil && f.slot.Current() != nil {
		_, _ = f.beginCanary(ctx, v, *s.Canary, s.Promotion)
		return false // not yet
	}
	swap, _ := f.swapIn(ctx, v) // the slot tells its errors as events
	return swap != nil
}

func (f *follower) olderThanCurrent() string {
	return "older than " + f.candidates.current.Text + ", which serves"
}

// refuse notes that a file is none that the slot could take.
func (f *follower) refuse(v watch.Version, err error) {
	f.server.metrics.refuse(f.name, 1)
	f.remember(v, host.Event{State: host.Refused, Detail: refusal(err), Err: err}, true)
}

// note remembers a file that the slot never saw.
func (f *follower) note(v watch.Version, state host.State, why string, tell bool) {
	f.remember(v, host.Event{State: state, Detail: why}, tell)
}

// remember adds a note of what became of a file, and tells it if that is wanted.
func (f *follower) remember(v watch.Version, e host.Event, tell bool) {
	e.Time, e.Name, e.Version, e.File = time.Now(), v.Name, v.Text, v.Path
	f.notes.add(host.VersionInfo{Version: e.Version, File: e.File, State: e.State, Since: e.Time, Reason: e.Detail})
	if tell {
		f.slot.Flush(context.Background()) // it may be the reason for this
		f.emit(e)
	}
}
