package oci

import (
	"errors"
	"time"

	"github.com/hotso/hotso/host/internal/plan"
	"github.com/hotso/hotso/host/internal/registry"
	"github.com/hotso/hotso/host/watch"
)

// Errors of an [Event].
var (
	// ErrReference means that a text does not name a tag in a registry.
	ErrReference = registry.ErrReference
	// ErrNotFound means that the registry has no such tag, or does not tell who may not see it.
	ErrNotFound = registry.ErrNotFound
	// ErrDenied means that credentials are missing, wrong or expired.
	ErrDenied = registry.ErrDenied
	// ErrNoLibrary means that what the tag stands for is no library.
	ErrNoLibrary = registry.ErrNoLibrary
	// ErrPlatform means that the version has no file for this platform.
	ErrPlatform = registry.ErrPlatform
	// ErrDamaged means that what came is not what its digest, size or seal says.
	ErrDamaged = registry.ErrDamaged
	// ErrOlder means that a tag has gone back to an older version, and WithRollback does not allow that.
	ErrOlder = errors.New("older than what this host runs")
)

// Kind says what an [Event] is about.
type Kind int

const (
	// Found: this version is to run now. Its file is in [Follower.Directory].
	Found Kind = iota + 1
	// Refused: what the tag stands for is not taken; the version before is to run on. Err says why.
	Refused
	// Trouble: the registry can't be asked, or a download fails. Err says why; it is told once, not at every try.
	Trouble
)

var kinds = [...]string{"unknown", "found", "refused", "trouble"}

// String returns the kind as one lower-case word.
func (k Kind) String() string {
	if k < 0 || int(k) >= len(kinds) {
		k = 0
	}
	return kinds[k]
}

// An Event reports one thing that a follower has come upon.
type Event struct {
	Kind    Kind
	Version watch.Version // of Found
	// Back is set for a version that was Found if it is older than the one before: a rollout was aborted, or
	// WithRollback allows it.
	Back bool
	Err  error // of Refused and Trouble; wraps one of this package's errors, or is of the network or disk
}

// A Status is how it goes with a registry.
type Status struct {
	Reference string
	Library   string    // name; empty until it is known
	Version   string    // that is to run here; empty until one was found
	Digest    string    // of what the tag stood for last; empty until it was seen
	Seen      time.Time // when the registry answered last; zero: never
	Polls     int64     // how often the tag was looked up
	Failures  int64     // how many of these failed
	Downloads int64     // that succeeded
	Rollout   *Rollout  // nil: there is none
}

// A Rollout is what a host knows of one.
type Rollout struct {
	ID       string
	Version  string  // that comes
	Base     string  // that was before
	State    string  // running, paused, done or aborted
	Percent  float64 // of the hosts that are to run Version now
	Position float64 // where this host stands among all, in percent: it is in each share that is larger
}

// Included reports whether this host is to run the new version.
func (r *Rollout) Included() bool { return r.Position < r.Percent }

// IsUnderWay reports whether it has not ended.
func (r *Rollout) IsUnderWay() bool { return !plan.State(r.State).Ended() }

func rolloutOf(p *plan.Plan, hostID string) *Rollout {
	if p == nil {
		return nil
	}
	return &Rollout{p.ID, p.Version, p.Base, string(p.State), p.Percent(), plan.Position(hostID, p.Version)}
}
