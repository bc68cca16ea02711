package dev

import (
	"context"
	"path/filepath"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"
)

const (
	// defaultQuiet is how long nothing must happen for a change to be whole: an editor that saves, and
	// git that checks out, write one file after the other. If that was too early, the build is given up for the
	// rest of the change, which costs nobody anything.
	defaultQuiet = 15 * time.Millisecond
	// restless is after how much time a change counts although files still change.
	restless = time.Second
	// poll is how often the sources are looked at without being told.
	poll = time.Second
)

// A watcher tells that sources may have changed. What did, a look at them says.
type watcher struct {
	events  *fsnotify.Watcher // nil: there are none to be had
	changes chan look
	seen    chan struct{} // for a change that a poll has seen: it may go on
	dirs    []string
	quiet   time.Duration
}

// A look is why to look at the sources.
type look int

const (
	polled  look = iota // it is time
	settled             // something has happened, and then nothing for a while
)

// newWatcher never fails: without events it tells from time to time. It works until ctx ends.
func newWatcher(ctx context.Context, quiet time.Duration) *watcher {
	w := &watcher{changes: make(chan look, 1), seen: make(chan struct{}, 1), quiet: quiet}
	w.events, _ = fsnotify.NewWatcher()
	go w.run(ctx)
	return w
}

// watch has the directories of the sources watched, and no others. Those of files are, too: most
// editors replace a file, and the new one would not be watched.
func (w *watcher) watch(set SourceSet) {
	if w.events == nil {
		return
	}
	dirs := slices.Clone(set.Dirs)
	for _, f := range set.Files {
		dirs = append(dirs, filepath.Dir(f))
	}
	slices.Sort(dirs)
	dirs = slices.Compact(dirs)
	for _, d := range w.dirs {
		if !slices.Contains(dirs, d) {
			_ = w.events.Remove(d)
		}
	}
	for _, d := range dirs {
		_ = w.events.Add(d) // also again, as it may be another one by now; what fails is polled
	}
	w.dirs = dirs
}

func (w *watcher) run(ctx context.Context) {
	var events <-chan fsnotify.Event
	var errs <-chan error
	if w.events != nil {
		defer w.events.Close()
		events, errs = w.events.Events, w.events.Errors
	}
	next := time.NewTimer(poll)
	defer next.Stop()
	var since time.Time // the first event that was not told
	for {
		select {
		case <-ctx.Done():
			return
		case <-events:
		case <-errs: // events were lost
		case <-w.seen:
		case <-next.C:
			why := polled
			if !since.IsZero() {
				why = settled
			}
			select {
			case <-w.changes: // nobody has looked yet
			default:
			}
			w.changes <- why
			since = time.Time{}
			next.Reset(poll)
			continue
		}
		if since.IsZero() {
			since = time.Now()
		}
		next.Reset(min(w.quiet, restless-time.Since(since)))
	}
}
