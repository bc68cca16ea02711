package host

import (
	"slices"
	"time"
)

// A VersionInfo is what a slot knows of a version it has seen.
type VersionInfo struct {
	Version  string    `json:"version"`
	File     string    `json:"file"`
	State    State     `json:"state"`
	Since    time.Time `json:"since"` // when it came into this state
	InFlight int64     `json:"in_flight"`
	Calls    int64     `json:"calls"`            // that have ended
	Errors   int64     `json:"errors"`           // of those, errors and panics
	Share    float64   `json:"share,omitempty"`  // percent of the calls that go to it
	Keys     []string  `json:"keys,omitempty"`   // of a canary: calls with these go to it as well
	Reason   string    `json:"reason,omitempty"` // why refused, failed, quarantined, resident

	lib    *Library
	failed string // the reason, once it has failed: that it was unloaded too is not what matters
}

// maxVersions is how many versions a slot remembers; those still in the
// process are never forgotten.
const maxVersions = 64

// Versions lists what the slot has seen, oldest first.
func (s *Slot) Versions() []VersionInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]VersionInfo, len(s.versions))
	for i, v := range s.versions {
		list[i] = *s.infoLocked(v)
	}
	return list
}

// see begins the life of a version.
func (s *Slot) see(path string) *VersionInfo {
	v := &VersionInfo{File: path, State: Found, Since: time.Now()}
	s.mu.Lock()
	s.versions = append(s.versions, v)
	if len(s.versions) > maxVersions {
		i := slices.IndexFunc(s.versions, func(v *VersionInfo) bool {
			return v.lib == nil && (v.State == Refused || v.State == Failed || v.State == Unloaded || v.State == Resident)
		})
		if i >= 0 {
			s.versions = slices.Delete(s.versions, i, i+1)
		}
	}
	s.mu.Unlock()
	s.emit(v, Event{State: Found})
	return v
}

// emit records where v is and tells the host.
func (s *Slot) emit(v *VersionInfo, e Event) {
	s.emitting.Lock()
	defer s.emitting.Unlock()
	e.Time = time.Now()
	s.mu.Lock()
	v.State, v.Since, v.Reason = e.State, e.Time, e.Detail
	switch e.State {
	case Failed:
		v.failed = e.Detail
	case Serving: // once more, on a rollback
		v.failed = ""
	case Crashed, Retiring, Drained, Unloaded:
		if v.failed != "" {
			v.State, v.Reason = Failed, v.failed
		}
	}
	if e.State == Unloaded || e.State == Resident {
		if v.lib != nil {
			v.Calls, v.Errors = v.lib.figures()
		}
		v.lib = nil // what a finished version kept alive may go
	}
	e.Name, e.Version, e.File = s.conf.name, v.Version, v.File
	s.mu.Unlock()
	if s.conf.onEvent != nil {
		s.conf.onEvent(e)
	}
}
