// Package heritage keeps the descriptors that one version of a library hands over to the next.
//
// The host has duplicates of its own: what a version does with its descriptors, that it closes them or
// ends, does not matter to them, nor does what the next one does with what it gets, a duplicate again.
// A [Set] lives for as long as anybody holds it: its version, the slot, and the versions that inherit it.
package heritage

import (
	"sync/atomic"

	"github.com/hotso/hotso/host/internal/rank"
)

// A Set has the descriptors that one version hands over, by name. Its methods may be called from any
// goroutine.
type Set struct {
	holders atomic.Int32

	mu      rank.Mutex[rank.Heritage]
	entries map[string]*entry // nil once nobody holds the set
	marked  bool
}

// An entry is a descriptor of the host's.
type entry struct {
	fd     int
	newer  bool   // it came since the mark,
	before *entry // in place of this one; may be nil
}

// New returns an empty set with one holder.
func New() *Set {
	s := &Set{entries: map[string]*entry{}}
	s.holders.Store(1)
	return s
}

// Hold adds a holder, who holds it already or whose set somebody else does. s may be nil.
func (s *Set) Hold() *Set {
	if s != nil {
		s.holders.Add(1)
	}
	return s
}

// Release is the end of one holder's. The last one closes the descriptors. s may be nil.
func (s *Set) Release() {
	if s == nil || s.holders.Add(-1) > 0 {
		return
	}
	s.mu.Lock()
	entries := s.entries
	s.entries = nil
	s.mu.Unlock()
	for _, e := range entries {
		e.close()
	}
}

// Put keeps a duplicate of a descriptor, in place of one of the same name.
func (s *Set) Put(name string, fd int) error {
	fd, err := duplicate(fd)
	if err != nil {
		return err
	}
	s.mu.Lock()
	if s.entries == nil {
		s.mu.Unlock()
		return closeOne(fd)
	}
	before := s.entries[name]
	e := &entry{fd: fd, newer: s.marked}
	if s.marked {
		e.before, before = before, nil
	}
	s.entries[name] = e
	s.mu.Unlock()
	before.close()
	return nil
}

// Remove closes the one of that name, if there is one.
func (s *Set) Remove(name string) {
	s.mu.Lock()
	e := s.entries[name]
	delete(s.entries, name)
	s.mu.Unlock()
	e.close()
}

// Get returns a duplicate of the one of that name, which is the caller's; -1 if there is none. s may be nil.
func (s *Set) Get(name string) (fd int, err error) {
	if s == nil {
		return -1, nil
	}
	s.mu.Lock() // or it might be closed meanwhile
	defer s.mu.Unlock()
	e, ok := s.entries[name]
	if !ok {
		return -1, nil
	}
	return duplicate(e.fd)
}

// Mark begins what Undo undoes.
func (s *Set) Mark() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.marked = true
}

// Undo closes what came since Mark, and has what it replaced again. What was removed is not back.
func (s *Set) Undo() {
	var newer []*entry
	s.mu.Lock()
	s.marked = false
	for name, e := range s.entries {
		for ; e != nil && e.newer; e = e.before {
			newer = append(newer, &entry{fd: e.fd})
		}
		if s.entries[name] = e; e == nil {
			delete(s.entries, name)
		}
	}
	s.mu.Unlock()
	for _, e := range newer {
		e.close()
	}
}

// close closes e and what it replaced. e may be nil.
func (e *entry) close() {
	for ; e != nil; e = e.before {
		_ = closeOne(e.fd)
	}
}
