package soak

import (
	"fmt"
	"time"

	"github.com/hotso/hotso/host"
)

// A Result is what a soak found.
type Result struct {
	Library  string        `json:"library"`
	Version  string        `json:"version"`
	Reloads  int           `json:"reloads"`
	Calls    int64         `json:"calls"`
	Failed   int64         `json:"failed"` // calls that did not succeed
	Failure  string        `json:"failure,omitempty"`
	Took     time.Duration `json:"took"`         // nanoseconds
	Slowest  time.Duration `json:"slowest_swap"` // nanoseconds, load and unload
	Load     time.Duration `json:"load"`         // median
	Steps    []Step        `json:"load_steps"`   // what it consists of; with Overlap
	Unload   time.Duration `json:"unload"`       // median, without the wait for calls
	Start    Sample        `json:"start"`        // after the warm-up; no version is loaded in these three
	Middle   Sample        `json:"middle"`
	End      Sample        `json:"end"`
	RSSSlope float64       `json:"rss_slope"` // bytes per reload
	Samples  []Sample      `json:"samples"`   // those of the slope, with a version loaded and under calls
	Faults   int           `json:"faults"`    // nil pointer panics that the host took and recovered, one after each reload
	Stop     Stop          `json:"stop_the_world"`
	Leaks    []string      `json:"leaks"` // empty: none

	file int64 // bytes
}

// A Step is one of the states that a version goes through until it serves.
type Step struct {
	State host.State    `json:"state"`
	Took  time.Duration `json:"took"`  // nanoseconds, median
	Share float64       `json:"share"` // of all steps
}

// Limits for growth of what can't be counted exactly: the host's own heap grows and
// shrinks by about as much as Noise, and so does the memory that a file is read into.
const (
	BytesPerReload = 16
	Noise          = 2 << 20
)

// slope is the least squares slope of RSS over the reloads of samples.
func slope(samples []Sample) float64 {
	var n, sx, sy, sxx, sxy float64
	for _, s := range samples {
		x, y := float64(s.Reload), float64(s.RSS)
		n, sx, sy, sxx, sxy = n+1, sx+x, sy+y, sxx+x*x, sxy+x*y
	}
	d := n*sxx - sx*sx
	if d == 0 {
		return 0
	}
	return (n*sxy - sx*sy) / d
}

// Since lists what s has more of than before, among what is counted exactly. The host's
// runtime takes memory for its own records in pieces of 64 or 256 KiB, some in
// ten thousand reloads. Libraries that leak mappings leak one in each reload, or
// a large one.
func (s Sample) Since(before Sample) (more []string) {
	mappings := s.Mappings - before.Mappings - s.ThreadMappings(before)
	if 10*mappings < s.Reload-before.Reload && s.Virtual < before.Virtual+Noise {
		mappings = 0
	}
	for _, x := range []struct {
		n    int
		what string
	}{
		{s.Foreign() - before.Foreign(), "threads"},
		{mappings, "mappings"},
		{s.Descriptors - before.Descriptors, "descriptors"},
	} {
		if x.n > 0 {
			more = append(more, fmt.Sprintf("%d %s", x.n, x.what))
		}
	}
	return more
}

// ThreadMappings is how many mappings the threads have at most that the host's runtime has started since: of each its
// stack and its arena of malloc, both with a guard.
func (s Sample) ThreadMappings(before Sample) int { return 4 * max(0, s.Own-before.Own) }

// judge fills in Leaks.
func (r *Result) judge() {
	r.Leaks = append([]string{}, r.End.Since(r.Start)...)
	span := float64(max(1, r.End.Reload-r.Start.Reload))
	// The line through few samples may rise although the process has less in the end.
	if r.RSSSlope > max(BytesPerReload, float64(Noise+r.file)/span) && r.End.RSS >= r.Start.RSS {
		r.Leaks = append(r.Leaks, fmt.Sprintf("%.0f bytes of memory per reload", r.RSSSlope))
	}
	if growth := float64(r.End.CHeap) - float64(r.Start.CHeap); growth > max(BytesPerReload*span, Noise/4) {
		r.Leaks = append(r.Leaks, fmt.Sprintf("%.0f bytes of malloc per reload", growth/span))
	}
}
