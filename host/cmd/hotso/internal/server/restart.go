package server

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/leftover"
	"github.com/hotso/hotso/host/internal/regular"
	"github.com/hotso/hotso/host/watch"
)

// StateName is the file, in the directory that is served, in which a server with a
// probation remembers what it needs after a restart.
const StateName = ".hotso.state"

// statePrefix begins the names of files that are about to replace it.
const statePrefix = ".hotso-state-"

// maxFailed bounds the versions that are remembered as failed.
const maxFailed = 64

// A fileID names the content of a version's file without reading it.
type fileID struct {
	Version string    `json:"version"`
	Size    int64     `json:"size"`
	ModTime time.Time `json:"mod_time"`
}

func idOf(v watch.Version) fileID { return fileID{v.Text, v.Size, v.ModTime.UTC()} }

func (id fileID) is(v watch.Version) bool {
	return id.Version == v.Text && id.Size == v.Size && id.ModTime.Equal(v.ModTime)
}

// A memory survives a restart: which version passed its probation last, and which
// did not pass. The zero value remembers nothing.
type memory struct {
	path string

	mu     sync.Mutex
	asked  map[string]fileID // by path: what the slot was asked to load
	served map[string]bool   // by path: of those, what has answered calls
	saved  struct {
		Passed *fileID  `json:"passed,omitempty"`
		Failed []fileID `json:"failed,omitempty"`
	}
}

// newMemory reads the file. One that is not there or is damaged is as none: then
// the newest version is loaded.
func newMemory(path string) *memory {
	m := &memory{path: path, asked: map[string]fileID{}, served: map[string]bool{}}
	if path != "" {
		leftover.Sweep(filepath.Dir(path), statePrefix)
	}
	if b, err := readState(path); err == nil && json.Unmarshal(b, &m.saved) != nil {
		m.saved.Passed, m.saved.Failed = nil, nil
	}
	return m
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

// ask notes what is about to be given to the slot.
func (m *memory) ask(v watch.Version) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked[v.Path] = idOf(v)
	delete(m.served, v.Path)
}

func (m *memory) passed(v watch.Version) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.saved.Passed != nil && m.saved.Passed.is(v)
}

func (m *memory) failed(v watch.Version) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.ContainsFunc(m.saved.Failed, func(id fileID) bool { return id.is(v) })
}

// see learns from an event and saves what changed. A version that failed before it
// served is not remembered: it may have been the circumstances.
func (m *memory) see(e host.Event) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	id, ok := m.asked[e.File]
	if !ok || m.path == "" {
		return nil
	}
	switch {
	case e.State == host.Canary:
		m.served[e.File] = true
		return nil
	case e.State == host.Serving:
		m.served[e.File] = true
		m.saved.Failed = slices.DeleteFunc(m.saved.Failed, func(f fileID) bool { return f == id })
		if !e.Passed {
			return nil
		}
		m.saved.Passed = &id
	case e.State == host.Failed && m.served[e.File]:
		m.saved.Failed = append(m.saved.Failed, id)
		m.saved.Failed = m.saved.Failed[max(0, len(m.saved.Failed)-maxFailed):]
	default:
		return nil
	}
	return m.save()
}

// save replaces the file in one rename, complete and on disk. m.mu is held.
func (m *memory) save() error {
	b, err := json.Marshal(m.saved)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(m.path), statePrefix)
	if err != nil {
		return err
	}
	_ = leftover.Hold(f) // where there are no locks, another server's start may cost this save
	_, err = f.Write(append(b, '\n'))
	if err = errors.Join(err, f.Sync()); err == nil {
		err = os.Rename(f.Name(), m.path)
	}
	err = errors.Join(err, f.Close())
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
