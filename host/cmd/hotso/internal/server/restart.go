package server

import (
	"slices"
	"sync"
	"time"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/watch"
)

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

// A memory survives a restart: which version of a library passed its probation last, and which
// did not pass. The zero value remembers nothing.
type memory struct {
	file *stateFile  // nil: there is none yet
	name string      // of the library
	on   func() bool // whether to remember at all

	mu     sync.Mutex
	asked  map[string]fileID // by path: what the slot was asked to load
	served map[string]bool   // by path: of those, what has answered calls
	saved  remembered
}

// open has m be of a file. It is called before any other method.
func (m *memory) open(file *stateFile, name string, on func() bool) {
	m.file, m.name, m.on = file, name, on
	m.asked, m.served = map[string]fileID{}, map[string]bool{}
}

// begin reads what is saved of the library, whose versions are in list.
func (m *memory) begin(list []watch.Version) {
	if m.on() {
		saved := m.file.of(m.name, list)
		m.mu.Lock()
		defer m.mu.Unlock()
		m.saved = saved
	}
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
	if !ok || !m.on() {
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
	return m.file.save(m.name, m.saved)
}
