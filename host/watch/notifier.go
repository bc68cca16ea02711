package watch

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// debounce is how long a burst of events may last before the directory is looked at.
const debounce = 10 * time.Millisecond

// A notifier says when it is worth looking at the directory. It may do so too
// often or not at all: looking costs little, and the tracker also looks by itself.
type notifier struct {
	dir        string
	prefix     string // of the base names that matter
	newWatcher func() (*fsnotify.Watcher, error)
	recheck    <-chan struct{} // see WithRecheck
	asked      bool            // it has given a value

	watcher *fsnotify.Watcher // nil while there is no directory to watch
	watched fs.FileInfo       // the directory behind dir, which may be replaced
}

// attach makes sure that events come from the directory that dir names now.
func (n *notifier) attach(info fs.FileInfo) error {
	if n.watcher != nil && os.SameFile(n.watched, info) {
		return nil
	}
	n.close()
	w, err := n.newWatcher()
	if err != nil {
		return err
	}
	if err := w.Add(n.dir); err != nil {
		w.Close()
		return err
	}
	n.watcher, n.watched = w, info
	return nil
}

// close also ends fsnotify's goroutine.
func (n *notifier) close() {
	if n.watcher != nil {
		n.watcher.Close()
		n.watcher = nil
	}
}

// wait returns after d, soon after an event that matters, or when ctx ends.
func (n *notifier) wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	var events chan fsnotify.Event
	var errs chan error
	if n.watcher != nil {
		events, errs = n.watcher.Events, n.watcher.Errors
	}
	end := time.Now().Add(d)
	nudged := false
	for {
		nudge := false
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			return
		case _, open := <-n.recheck:
			if n.asked = open; !open {
				n.recheck = nil
				continue
			}
			return
		case e := <-events:
			nudge = strings.HasPrefix(filepath.Base(e.Name), n.prefix)
			if filepath.Clean(e.Name) == filepath.Clean(n.dir) { // the directory itself
				nudge = true
				if e.Has(fsnotify.Remove | fsnotify.Rename) {
					// A new directory may get the same inode number.
					n.watched = nil
				}
			}
		case <-errs:
			nudge = true // events were lost
		}
		if nudge && !nudged && time.Until(end) > debounce {
			nudged = true
			timer.Reset(debounce)
		}
	}
}
