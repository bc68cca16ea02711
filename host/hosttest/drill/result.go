package drill

import (
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/hotso/hotso/host/hosttest/soak"
)

// A Result is what a drill found.
type Result struct {
	Library  string        `json:"library"`
	Version  string        `json:"version"`
	Callers  int           `json:"callers"` // inside at each crash
	Crashes  int           `json:"crashes"`
	Kinds    []*Kind       `json:"kinds"`
	Took     time.Duration `json:"took"`  // nanoseconds
	Calls    int64         `json:"calls"` // of the second library
	Lost     int64         `json:"lost"`  // those of them that did not succeed
	Start    soak.Sample   `json:"start"` // after the warm-up; no library is loaded at this sample and the next
	End      soak.Sample   `json:"end"`
	Leaks    []string      `json:"leaks"`    // empty: none
	Failures []string      `json:"failures"` // the first ones; empty: none
}

// A Kind is what became of the crashes of one kind.
type Kind struct {
	Kind      string `json:"kind"`
	Crashes   int    `json:"crashes"`
	Contained int    `json:"contained"`
	// From the call that crashed (if it hung, from when the host ended it) until
	// all who were inside were out, and until the next good answer.
	Freed  Times `json:"freed"`
	Answer Times `json:"answer"`
}

// Times sums durations up, in nanoseconds.
type Times struct {
	Min  time.Duration `json:"min"`
	Mean time.Duration `json:"mean"`
	Max  time.Duration `json:"max"`

	n   int
	sum time.Duration
}

func (t *Times) add(d time.Duration) {
	if t.n == 0 || d < t.Min {
		t.Min = d
	}
	t.n, t.sum, t.Max = t.n+1, t.sum+d, max(t.Max, d)
	t.Mean = t.sum / time.Duration(t.n)
}

// Sum adds all kinds up.
func (r *Result) Sum() *Kind {
	all := &Kind{Kind: "all"}
	for _, k := range r.Kinds {
		all.Crashes += k.Crashes
		all.Contained += k.Contained
		all.Freed.join(k.Freed)
		all.Answer.join(k.Answer)
	}
	return all
}

func (t *Times) join(o Times) {
	if o.n == 0 {
		return
	}
	if t.n == 0 || o.Min < t.Min {
		t.Min = o.Min
	}
	t.n, t.sum, t.Max = t.n+o.n, t.sum+o.sum, max(t.Max, o.Max)
	t.Mean = t.sum / time.Duration(t.n)
}

// maxFailures bounds how many failures are kept.
const maxFailures = 10

func (r *run) fail(format string, args ...any) {
	r.failing.Lock()
	defer r.failing.Unlock()
	text := fmt.Sprintf(format, args...)
	if len(r.Failures) < maxFailures && !slices.Contains(r.Failures, text) {
		r.Failures = append(r.Failures, text)
	}
}

// mappingNoise is how many mappings the host's runtime may have got meanwhile: some for its
// heap, some with each processor that it had not used before, and those of its threads. A
// library that leaks one leaks it at each crash.
func mappingNoise(start, end soak.Sample) int {
	return 8 + runtime.GOMAXPROCS(0) + end.ThreadMappings(start)
}

// judge fills in Leaks.
func (r *run) judge() {
	r.Leaks = []string{}
	if r.Failures == nil {
		r.Failures = []string{}
	}
	if r.End.Reload != 0 { // otherwise it did not get that far
		r.Leaks = append(r.Leaks, leaks(r.Start, r.End)...)
	}
}

// leaks says what there is more of at the end than at the start.
func leaks(start, end soak.Sample) (more []string) {
	for _, x := range []struct {
		more, noise int
		what        string
	}{
		{end.Foreign() - start.Foreign(), 0, "threads"},
		{end.Mappings - start.Mappings, mappingNoise(start, end), "mappings"},
		{end.Descriptors - start.Descriptors, 0, "descriptors"},
	} {
		if x.more > x.noise {
			more = append(more, fmt.Sprintf("%d %s", x.more, x.what))
		}
	}
	return more
}

// Failed reports whether anything was not as it must be.
func (r *Result) Failed() bool { return r.Check(Limits{}) != nil }
