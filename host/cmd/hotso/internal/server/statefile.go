package server

import (
	"encoding/json"
	"io"
	"path/filepath"
	"slices"
	"sync"

	"github.com/hotso/hotso/host/internal/leftover"
	"github.com/hotso/hotso/host/internal/regular"
	"github.com/hotso/hotso/host/watch"
)

// StateName is the file, in a directory that is served, in which a server with a
// probation remembers what it needs after a restart.
const StateName = ".hotso.state"

// statePrefix begins the names of files that are about to replace it.
const statePrefix = ".hotso-state-"

// remembered is what is saved of a library.
type remembered struct {
	Passed *fileID  `json:"passed,omitempty"`
	Failed []fileID `json:"failed,omitempty"`
}

// A stateFile has what is remembered of all libraries of a directory. It is safe for concurrent use.
type stateFile struct {
	path string

	mu    sync.Mutex
	read  bool
	saved struct {
		// What the file was before a directory could have several libraries. It does not say of
		// which it is.
		remembered
		Libraries map[string]remembered `json:"libraries,omitempty"`
	}
}

// newStateFile reads and writes nothing yet.
func newStateFile(path string) *stateFile { return &stateFile{path: path} }

// load reads the file once. One that is not there or is damaged is as none: then the newest
// versions are loaded. f.mu is held.
func (f *stateFile) load() {
	if f.read {
		return
	}
	f.read = true
	leftover.Sweep(filepath.Dir(f.path), statePrefix)
	if b, err := readState(f.path); err == nil && json.Unmarshal(b, &f.saved) != nil {
		f.saved.remembered, f.saved.Libraries = remembered{}, nil
	}
	if f.saved.Libraries == nil {
		f.saved.Libraries = map[string]remembered{}
	}
}

// of is what is saved of a library, whose versions are in list. By them it knows an old file.
func (f *stateFile) of(name string, list []watch.Version) remembered {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.load()
	if saved, ok := f.saved.Libraries[name]; ok {
		return saved
	}
	old := f.saved.remembered
	if !slices.ContainsFunc(list, old.knows) {
		return remembered{}
	}
	f.saved.Libraries[name], f.saved.remembered = old, remembered{}
	return old
}

func (r remembered) knows(v watch.Version) bool {
	return r.Passed != nil && r.Passed.is(v) || slices.ContainsFunc(r.Failed, func(id fileID) bool { return id.is(v) })
}

// save replaces the file in one rename, complete and on disk.
func (f *stateFile) save(name string, what remembered) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.load()
	what.Failed = slices.Clone(what.Failed)
	f.saved.Libraries[name], f.saved.remembered = what, remembered{}
	b, err := json.Marshal(f.saved)
	if err != nil {
		return err
	}
	return leftover.Replace(f.path, statePrefix, append(b, '\n'))
}

// maxState bounds the file, in bytes: what is written there has a few thousand.
const maxState = 1 << 20

// readState reads a regular file.
func readState(path string) ([]byte, error) {
	f, _, err := regular.OpenNoFollow(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxState))
}
