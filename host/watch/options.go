package watch

import (
	"time"

	"github.com/fsnotify/fsnotify"
)

// An Option changes how [Events] and [Versions] judge files.
type Option func(*options)

type options struct {
	complete   func(path string) error
	settle     time.Duration
	patience   time.Duration
	poll       time.Duration
	recheck    <-chan struct{}
	newWatcher func() (*fsnotify.Watcher, error) // replaced by tests
}

func defaults() options {
	return options{
		complete:   wholeELF,
		settle:     50 * time.Millisecond,
		patience:   5 * time.Second,
		poll:       time.Second,
		newWatcher: fsnotify.NewWatcher,
	}
}

// WithComplete replaces the check that a file is whole. The function is called
// in the loop's goroutine with the path of a regular file that has settled, and
// again after growing pauses while it returns an error; its verdict is dropped
// if the file changed meanwhile. Without this option, the file must hold all
// that its ELF headers name.
func WithComplete(check func(path string) error) Option {
	return func(o *options) { o.complete = check }
}

// WithSettle sets for how long a file must not have changed before it is
// WithSettle sets for how long a file must not have changed before it is
// checked. A rename is reported that much later. The default is 50 ms.
func WithSettle(d time.Duration) Option {
	return func(o *options) { o.settle = max(d, time.Millisecond) }
}

// WithPatience sets for how long a file that is not complete must not have
// changed before it is reported as [Invalid]. The default is 5 s.
func WithPatience(d time.Duration) Option {
	return func(o *options) { o.patience = d }
}

// WithPoll sets how often to look at the directory when no event asks for it.
// After a change the pauses grow from the settle time to this. The default is
// one second.
func WithPoll(d time.Duration) Option {
	return func(o *options) { o.poll = max(d, time.Millisecond) }
}

// WithRecheck has the files that were Invalid checked again for each value that c gives,
// for a check whose verdict may change though the file has not: other keys are trusted,
// say. One that is still Invalid is told again only if the reason is another.
func WithRecheck(c <-chan struct{}) Option {
	return func(o *options) { o.recheck = c }
}
