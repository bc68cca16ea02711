package host

import (
	"sync/atomic"
	"time"
)

// A State is a stage in the life of a version.
type State string

// The states a version goes through, then the other ways out.
const (
	Found    State = "found"
	Verified State = "verified"
	Loaded   State = "loaded"
	Started  State = "started"
	Healthy  State = "healthy"
	Restored State = "restored" // it has the state of the version before
	Canary   State = "canary"   // beside the one that serves, for a share of the calls
	Serving  State = "serving"
	Warm     State = "warm"     // replaced, and kept to go back to until the probation is over
	Retiring State = "retiring" // replaced, its calls are being waited for
	Drained  State = "drained"
	Unloaded State = "unloaded" // nothing of it is left in the process

	Refused     State = "refused"     // judged before any of its code ran
	Failed      State = "failed"      // did not get through load, start or health
	Crashed     State = "crashed"     // its Go runtime ended; being taken out
	Quarantined State = "quarantined" // something holds it: kept whole
	Resident    State = "resident"    // replaced; can't be unloaded, and why
)

// An Event is one step in the life of a version.
type Event struct {
	Time    time.Time     `json:"time"`
	Name    string        `json:"name"`
	Version string        `json:"version"`
	File    string        `json:"file,omitempty"`
	State   State         `json:"state"`
	Detail  string        `json:"detail,omitempty"` // why, for people
	Took    time.Duration `json:"took,omitempty"`   // nanoseconds since the step before
	Err     error         `json:"-"`
	// Passed, with Serving: the version is not on probation, or no longer.
	Passed bool `json:"passed,omitempty"`
}

// state is a State that any goroutine may read.
type state struct{ p atomic.Pointer[State] }

func (s *state) get() State {
	if p := s.p.Load(); p != nil {
		return *p
	}
	return Found
}

func (s *state) set(v State) { s.p.Store(&v) }
