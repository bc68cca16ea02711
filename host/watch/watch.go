package watch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/hotso/hotso/host/internal/version"
)

var (
	// ErrBadName means that the name cannot name a library. It is the error
	// of [List], and of the only [Event] that [Events] then yields.
	ErrBadName = version.ErrBadName
	// ErrIncomplete means that a file ends before its ELF structure does.
	// More bytes may help.
	ErrIncomplete = errors.New("incomplete file")
	// ErrInvalid means that waiting cannot turn the file into a library. A
	// check given to [WithComplete] may wrap it to have its error reported at once.
	ErrInvalid = errors.New("not a library file")
)

// A Version is one file in the watched directory.
type Version struct {
	Name    string    // of the library: greeter
	Text    string    // of the version, as in the file's name: 2.1.0
	Path    string    // of the file, below the directory as it was given
	Size    int64     // in bytes
	ModTime time.Time // of the content

	order version.Version
}

// String returns the version's text.
func (v Version) String() string { return v.Text }

// Compare returns -1, 0 or +1 as v comes before w, is at the same place, or
// comes after it in the order of semantic versions. Versions at the same place
// (2 and 2.0.0) are in the order of their texts.
func (v Version) Compare(w Version) int {
	return cmp.Or(version.Compare(v.order, w.order), cmp.Compare(v.Text, w.Text))
}

// Kind says what an [Event] is about.
type Kind int

const (
	// Found: a complete file that was not there, or was not complete, before.
	Found Kind = iota + 1
	// Changed: a file that was reported before is complete, with other content.
	Changed
	// Removed: a file that was reported before is gone.
	Removed
	// Invalid: a file has the name of a version but is none. Err says why.
	Invalid
	// Trouble: the directory cannot be watched at the moment. Err says why;
	// Version is zero. It is reported once, not at every try.
	Trouble
)

var kinds = [...]string{"unknown", "found", "changed", "removed", "invalid", "trouble"}

// String returns the kind as one lower-case word.
func (k Kind) String() string {
	if k < 0 || int(k) >= len(kinds) {
		k = 0
	}
	return kinds[k]
}

// An Event reports one thing that happened to one version.
type Event struct {
	Kind    Kind
	Version Version
	// Newest is set for a version that was Found or Changed if no complete
	// version in the directory comes after it.
	Newest bool
	// Err is set for Invalid and Trouble.
	Err error
}

// Versions yields the newest complete version in dir of the named library, and
// again whenever there is a newer one or the newest one's content changes. If
// several appeared while the loop was busy, it yields the last. It yields nothing
// when the newest version is removed, for an invalid file, or for a directory that
// cannot be read: use [Events] to see those. The sequence ends with ctx, or at
// once if name is bad.
func Versions(ctx context.Context, dir, name string, opts ...Option) iter.Seq[Version] {
	return func(yield func(Version) bool) {
		for e := range Events(ctx, dir, name, opts...) {
			if e.Newest && !yield(e.Version) {
				return
			}
		}
	}
}

// Events yields everything that happens to the versions in dir of the named
// library. It checks the newest files first and reports each version before it
// checks the next, so the newest one that is there comes first, however many
// there are: among those only the first Found has Newest set. The directory need
// not exist yet. The sequence ends with ctx, or after one event with [ErrBadName].
// Each loop over it starts anew and may run in a goroutine of its own.
func Events(ctx context.Context, dir, name string, opts ...Option) iter.Seq[Event] {
	return func(yield func(Event) bool) {
		if err := version.CheckName(name); err != nil {
			yield(Event{Kind: Trouble, Err: fmt.Errorf("watch %s: %w", dir, err)})
			return
		}
		t := newTracker(dir, name, opts)
		defer t.notify.close()
		for first := true; ctx.Err() == nil; first = false {
			t.look()
			if first && t.settling() {
				// Versions that have just been built count as there at the
				// start, so wait for them: don't begin with older ones.
				pause(ctx, t.settle)
				t.look()
			}
			if !t.judge(ctx, yield) {
				return
			}
			t.notify.wait(ctx, t.untilNextLook())
		}
	}
}

// List returns the versions of the named library in dir, in ascending order.
// It goes by the names of regular files and does not look into them.
func List(dir, name string) ([]Version, error) {
	if err := version.CheckName(name); err != nil {
		return nil, fmt.Errorf("list %s: %w", dir, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("list the versions of %s: %w", name, err)
	}
	var versions []Version
	for _, entry := range entries {
		v, wellNamed, ok := named(dir, name, entry.Name())
		if !ok || !wellNamed {
			continue
		}
		info, err := os.Stat(v.Path)
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		versions = append(versions, v.with(info))
	}
	slices.SortFunc(versions, Version.Compare)
	return versions, nil
}

// named reads the name of a directory entry. ok says whether it names a file of the
// library, and wellNamed whether the version in it is valid.
func named(dir, name, base string) (v Version, wellNamed, ok bool) {
	lib, text, ok := version.SplitFileName(base)
	if !ok || lib != name {
		return Version{}, false, false
	}
	_, order, wellNamed := version.ParseFileName(base)
	return Version{Name: name, Text: text, Path: filepath.Join(dir, base), order: order}, wellNamed, true
}

func (v Version) with(info fs.FileInfo) Version {
	v.Size, v.ModTime = info.Size(), info.ModTime()
	return v
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
