package watch

import (
	"errors"

	"github.com/fsnotify/fsnotify"
)

var ErrNoEvents = errors.New("no more inotify instances")

// WithoutEvents behaves as on a system that has run out of inotify instances.
func WithoutEvents() Option {
	return func(o *options) {
		o.newWatcher = func() (*fsnotify.Watcher, error) { return nil, ErrNoEvents }
	}
}

var Whole = whole
