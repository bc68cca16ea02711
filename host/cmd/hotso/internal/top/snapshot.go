package top

import (
	"time"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
)

// A Snapshot is how a server is at one time. It is not changed any more.
type Snapshot struct {
	Server    string    `json:"server"` // its socket or URL
	Time      time.Time `json:"time"`
	Libraries []Library `json:"libraries"` // in the order of names
}

// A Library is one of those that are served.
type Library struct {
	Name     string    `json:"name"`              // empty until there is a library
	Serving  string    `json:"serving,omitempty"` // version
	Canary   string    `json:"canary,omitempty"`  // version
	Waiting  int64     `json:"waiting"`           // calls that wait for a hand-over; 0 if the server keeps no history
	Versions []Version `json:"versions"`          // newest first

	points  []point
	timed   bool   // the server measures how long calls take
	inPaths string // what follows the first segment of paths that are about it: /NAME, or nothing
}

// A Version is what is known of one, and how its calls go.
type Version struct {
	server.Version
	Rate Rate `json:"rate"`
}

// A Rate is how calls went in the last few seconds.
type Rate struct {
	Calls  float64       `json:"calls"`         // a second
	Errors float64       `json:"errors"`        // a second
	P50    time.Duration `json:"p50,omitempty"` // nanoseconds, of the last second with calls; 0 if that is not known
	P99    time.Duration `json:"p99,omitempty"`
}

// answers reports whether calls may reach a version in that state.
func answers(state host.State) bool { return state == host.Serving || state == host.Canary }
