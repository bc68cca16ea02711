package watch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"syscall"
	"time"
)

// A tracker compares what is in the directory with what it has reported. It never
// relies on having seen an event, so it cannot get out of step by missing one.
type tracker struct {
	options
	dir, name string
	files     map[string]*file // by base name
	events    []Event          // not yet reported
	notify    notifier
	pause     time.Duration // until the next look that nothing asks for
	newest    *Version      // see newestFound; nil: not known

	dirTrouble, notifyTrouble complaint
}

// A file is what the tracker knows of one directory entry that has the name of
// a version.
//
//	         look sees a change          judge finds it whole or hopeless
//	(new) ----------------------> settling ----------------------> settled
//	                                 ^ |  ^                           |
//	         not whole yet: later    |_|  |___________________________|
//	                                          look sees a change
type file struct {
	version   Version
	wellNamed bool
	stamp     stamp
	statErr   error

	settled bool          // nothing to do until it changes
	again   bool          // it is checked again for the same content
	since   time.Time     // when look saw the last change
	due     time.Time     // when judge checks it next
	backoff time.Duration // from one check to the next

	told      Kind  // Found, Invalid, or 0 for nothing yet
	toldStamp stamp // the content of what was Found
	toldError string
}

func newTracker(dir, name string, opts []Option) *tracker {
	t := &tracker{options: defaults(), dir: dir, name: name, files: map[string]*file{}}
	for _, opt := range opts {
		opt(&t.options)
	}
	t.notify = notifier{dir: dir, prefix: "lib" + name + ".v", newWatcher: t.newWatcher, recheck: t.recheck}
	return t
}

// look brings the files up to date with the directory.
func (t *tracker) look() {
	t.pause = min(2*max(t.pause, t.settle/2), t.poll)
	entries, err := t.readDir()
	if t.dirTrouble.isNew(err) {
		t.tell(Event{Kind: Trouble, Err: fmt.Errorf("watch for versions of %s, trying again every %v: %w", t.name, t.poll, err)})
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
		return // the files may still be there
	}
	if t.notify.asked {
		t.notify.asked = false
		t.checkAgain()
	}
	present := make(map[string]bool, len(t.files))
	for _, entry := range entries {
		base := entry.Name()
		if v, wellNamed, ok := named(t.dir, t.name, base); ok {
			present[base] = t.lookAt(base, v, wellNamed)
		}
	}
	for base, f := range t.files {
		if !present[base] {
			if f.told != 0 {
				t.tell(Event{Kind: Removed, Version: f.version})
			}
			delete(t.files, base)
			t.pause = t.settle
		}
	}
}

// checkAgain has all Invalid files checked again.
func (t *tracker) checkAgain() {
	now := time.Now()
	for _, f := range t.files {
		if f.told == Invalid && f.settled {
			f.settled, f.again, f.due = false, true, now
		}
	}
}

func (t *tracker) readDir() ([]fs.DirEntry, error) {
	info, err := os.Stat(t.dir)
	if err != nil {
		t.notify.close()
		return nil, err
	}
	if !info.IsDir() {
		t.notify.close()
		return nil, &fs.PathError{Op: "open", Path: t.dir, Err: syscall.ENOTDIR}
	}
	// First subscribe, then read, so that no change falls between the two.
	deaf := t.notify.attach(info)
	entries, err := os.ReadDir(t.dir)
	if err == nil && t.notifyTrouble.isNew(deaf) {
		t.tell(Event{Kind: Trouble, Err: fmt.Errorf("no events for %s, looking every %v instead: %w", t.dir, t.poll, deaf)})
	}
	return entries, err
}

// lookAt reports whether the file is there.
func (t *tracker) lookAt(base string, v Version, wellNamed bool) bool {
	s, info, err := stampOf(v.Path)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Lstat(v.Path); errors.Is(err, fs.ErrNotExist) {
			return false
		}
	}
	f := t.files[base]
	if f == nil {
		f = &file{wellNamed: wellNamed}
		t.files[base] = f
	} else if f.stamp == s {
		return true
	}
	if info != nil {
		v = v.with(info)
	}
	now := time.Now()
	f.version, f.stamp, f.statErr = v, s, err
	f.settled, f.again, f.since, f.backoff = false, false, now, t.settle
	f.due = now.Add(t.settle)
	if age := now.Sub(v.ModTime); age > longAgo {
		f.due = now // it has settled while nobody looked
	}
	t.pause = t.settle
	return true
}

// longAgo is more than one tick of the coarsest clock of a file system (FAT: 2 s), so
// that a file of that age has not just been written.
const longAgo = 3 * time.Second

// lookAgain is how long files are checked before the directory is looked at again:
// what has come meanwhile may be newer than all that still wait.
const lookAgain = 200 * time.Millisecond

// judge checks the files whose time has come, newest first, and reports each before it
// checks the next. It returns whether to go on.
func (t *tracker) judge(ctx context.Context, yield func(Event) bool) bool {
	if !t.flush(ctx, yield) {
		return false
	}
	began := time.Now()
	for _, f := range t.due(began) {
		t.judgeFile(f)
		if !t.flush(ctx, yield) {
			return false
		}
		if time.Since(began) > lookAgain {
			break
		}
	}
	return ctx.Err() == nil
}

// due returns the files that are to be checked, newest first.
func (t *tracker) due(now time.Time) (due []*file) {
	for _, f := range t.files {
		if !f.settled && !now.Before(f.due) {
			due = append(due, f)
		}
	}
	slices.SortFunc(due, func(a, b *file) int { return b.version.Compare(a.version) })
	return due
}

// flush yields what is not yet reported. It returns whether to go on.
func (t *tracker) flush(ctx context.Context, yield func(Event) bool) bool {
	events := t.events
	t.events = nil
	slices.SortStableFunc(events, func(a, b Event) int { return a.Version.Compare(b.Version) })
	for _, e := range events {
		e.Newest = (e.Kind == Found || e.Kind == Changed) && e.Version.Compare(t.newestFound()) == 0
		if ctx.Err() != nil || !yield(e) {
			return false
		}
	}
	return true
}

func (t *tracker) judgeFile(f *file) {
	err := t.check(f)
	now := time.Now()
	if s, _, _ := stampOf(f.version.Path); s != f.stamp {
		f.due = now.Add(t.settle) // the file has changed since it was checked
		return
	}
	patience := f.since.Add(t.patience)
	switch {
	case err == nil:
		f.settled = true
		content := f.stamp.content()
		if f.told != Found {
			t.tell(Event{Kind: Found, Version: f.version})
		} else if f.toldStamp != content {
			t.tell(Event{Kind: Changed, Version: f.version})
		}
		f.told, f.toldStamp = Found, content
	case errors.Is(err, ErrInvalid) || !now.Before(patience):
		f.settled = true
		if !f.again || f.toldError != err.Error() {
			t.tell(Event{Kind: Invalid, Version: f.version, Err: fmt.Errorf("%s: %w", f.version.Path, err)})
		}
		f.told, f.toldError = Invalid, err.Error()
	default:
		f.due = now.Add(f.backoff)
		if f.due.After(patience) {
			f.due = patience
		}
		f.backoff = min(2*f.backoff, t.poll)
	}
}

// tell is called for every change to what was told.
func (t *tracker) tell(e Event) {
	t.events = append(t.events, e)
	if t.newest == nil || e.Kind == Trouble {
		return
	}
	switch order := e.Version.Compare(*t.newest); {
	case e.Kind == Found && order > 0:
		t.newest = &e.Version
	case (e.Kind == Removed || e.Kind == Invalid) && order == 0:
		t.newest = nil
	}
}

// newestFound returns the newest version that was told and is still complete. It is
// kept from one check to the next: there may be thousands.
func (t *tracker) newestFound() Version {
	if t.newest == nil {
		t.newest = new(Version)
		for _, f := range t.files {
			if f.told == Found && f.version.Compare(*t.newest) > 0 {
				*t.newest = f.version
			}
		}
	}
	return *t.newest
}

// settling reports whether a file waits for its first check.
func (t *tracker) settling() bool {
	for _, f := range t.files {
		if !f.settled && time.Now().Before(f.due) {
			return true
		}
	}
	return false
}

func (t *tracker) untilNextLook() time.Duration {
	next := t.pause
	for _, f := range t.files {
		if !f.settled {
			next = min(next, time.Until(f.due))
		}
	}
	return next
}

// A complaint remembers an error, so that it is reported only once.
type complaint string

func (c *complaint) isNew(err error) bool {
	var text complaint
	if err != nil {
		text = complaint(err.Error())
	}
	isNew := err != nil && text != *c
	*c = text
	return isNew
}
