package lifecycle

import (
	"slices"

	"github.com/hotso/hotso/host/internal/instance"
	"github.com/hotso/hotso/host/life"
)

// maxEntries is how many versions a slot remembers; those still in the process are
// never forgotten.
const maxEntries = 64

// See begins the life of the version that src has.
func (s *Slot) See(src Source) *Entry {
	version := ""
	if src.Builtin != nil {
		version = src.Builtin.Desc.Version
	}
	return s.see(src.File, version)
}

// see is See for a version that is known already, or not yet.
func (s *Slot) see(file, version string) *Entry {
	e := s.journal.newEntry(file)
	e.name(version)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen++
	e.info.Seq = s.seen // nobody else has e yet
	s.entries = append(s.entries, e)
	if len(s.entries) > maxEntries {
		if i := slices.IndexFunc(s.entries, (*Entry).over); i >= 0 {
			s.forgetLocked(i)
		}
	}
	s.journal.tell(e, life.Event{State: life.Found})
	return e
}

// forgetLocked takes an entry off the list. Its figures go with it, unless there is another life of the
// same version: what counts both must not go back.
func (s *Slot) forgetLocked(i int) {
	e := s.entries[i]
	s.entries = slices.Delete(s.entries, i, i+1)
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	version := e.info.Version
	if !slices.ContainsFunc(s.entries, func(other *Entry) bool { return other.info.Version == version }) {
		delete(s.earlier, version)
		return
	}
	if s.earlier == nil {
		s.earlier = map[string]life.Figures{}
	}
	gone := e.figures
	gone.Faults = e.faults
	s.earlier[version] = s.earlier[version].Plus(gone)
}

// SeeAgain begins another life of the version that c keeps.
func (s *Slot) SeeAgain(c *instance.Spare) *Entry {
	return s.see(c.Desc.File, c.Desc.Version)
}

// over reports whether the life of a version is over, or never began.
func (e *Entry) over() bool {
	info, v := e.lives()
	return v == nil && (verdict(info.State) || ended(info.State))
}

// Tell notes a step of a version's life.
func (s *Slot) Tell(e *Entry, ev life.Event) { s.journal.tell(e, ev) }

// Versions lists what the slot has seen, oldest first.
func (s *Slot) Versions() []life.VersionInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]life.VersionInfo, len(s.entries))
	for i, e := range s.entries {
		list[i] = s.InfoLocked(e)
	}
	return list
}

// Info is the entry of one version.
func (s *Slot) Info(e *Entry) life.VersionInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.InfoLocked(e)
}

// InfoLocked is Info for a caller that holds the lock.
func (s *Slot) InfoLocked(e *Entry) life.VersionInfo {
	info, v := e.lives()
	if v == nil {
		return info
	}
	info.InFlight = v.Target.InFlight()
	info.Calls, info.Errors = v.Target.Figures()
	info.Conflicts = v.Conflicts()
	if v == s.current {
		info.Share = 100
	}
	for _, p := range s.policies {
		p.Describe(v, &info)
	}
	return info
}
