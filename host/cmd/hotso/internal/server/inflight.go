package server

import (
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host"
)

// maxInflight is how many calls GET /inflight lists.
const maxInflight = 100

// An Inflight is a call over HTTP that is inside a library.
type Inflight struct {
	Function string        `json:"function"`
	Version  string        `json:"version,omitempty"` // empty if that can't be told: without arguments, beside a canary
	Since    time.Time     `json:"since"`
	Took     time.Duration `json:"took"` // nanoseconds, so far
}

// InflightCalls are the calls inside a library, those that take longest first.
type InflightCalls struct {
	Name  string     `json:"name"`  // of the library
	Total int        `json:"total"` // calls; Calls has at most 100 of them
	Calls []Inflight `json:"calls"`
}

// inflight are the calls that are inside. The zero value is ready.
type inflight struct {
	mu    sync.Mutex
	calls map[*flight]struct{}
}

// A flight is one of them.
type flight struct {
	of       *inflight
	function string
	since    time.Time

	// Under of.mu:
	version string
	guessed bool // it is the version that served then
}

// begin notes a call, until end.
func (i *inflight) begin(slot *host.Slot, function string) *flight {
	f := &flight{of: i, function: function, since: time.Now(), guessed: true}
	if lib := slot.Current(); lib != nil {
		f.version = lib.Version()
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.calls == nil {
		i.calls = map[*flight]struct{}{}
	}
	i.calls[f] = struct{}{}
	return f
}

func (f *flight) end() {
	f.of.mu.Lock()
	defer f.of.mu.Unlock()
	delete(f.of.calls, f)
}

// noting has the flight know which version its arguments are for. It keeps none of args.
func (f *flight) noting(args []any) []any {
	if len(args) == 0 {
		return args
	}
	args = slices.Clone(args)
	args[0] = noted{args[0], f}
	return args
}

// A noted argument is another one, and tells its flight of the version that is called.
type noted struct {
	arg    any
	flight *flight
}

// ArgumentOf implements host.VersionArgument.
func (n noted) ArgumentOf(lib *host.Library, t abi.Type) (any, error) {
	n.flight.of.mu.Lock()
	n.flight.version, n.flight.guessed = lib.Version(), false
	n.flight.of.mu.Unlock()
	if a, ok := n.arg.(host.VersionArgument); ok {
		return a.ArgumentOf(lib, t)
	}
	return n.arg, nil
}

// list has the calls that have been inside longest, and how many there are. canary is the one that runs, or nil.
func (i *inflight) list(canary *host.VersionInfo) (calls []Inflight, total int) {
	now := time.Now()
	calls = []Inflight{}
	i.mu.Lock()
	for f := range i.calls {
		c := Inflight{f.function, f.version, f.since, now.Sub(f.since)}
		if f.guessed && canary != nil && canary.Since.Before(f.since) {
			c.Version = "" // it may as well be the canary
		}
		calls = append(calls, c)
	}
	i.mu.Unlock()
	slices.SortFunc(calls, func(a, b Inflight) int { return a.Since.Compare(b.Since) })
	return calls[:min(len(calls), maxInflight)], len(calls)
}

// inside answers GET /inflight.
func (l *library) inside(w http.ResponseWriter, _ *http.Request) {
	calls, total := l.inflight.list(canaryOf(l.slot))
	answer(w, http.StatusOK, InflightCalls{l.name, total, calls})
}
