// Package history remembers for a day how the calls of a slot went: what a page or a terminal
// draws as lines.
package history

import (
	"context"
	"sync"
	"time"

	"github.com/hotso/hotso/host"
)

// The samples that a Recorder keeps: each second's for an hour, and each half minute's for a day.
const (
	FineStep   = time.Second
	FineKept   = 3600
	CoarseStep = 30 * time.Second
	CoarseKept = 2880
)

// A Sample is one stretch of time.
type Sample struct {
	Time     int64  `json:"t"`                 // its end, in milliseconds since 1970
	Waiting  int64  `json:"waiting,omitempty"` // calls that waited for a hand-over at its end
	Versions []Rate `json:"versions"`          // those that had calls
}

// A Rate is how the calls of one version went in the time of a sample.
type Rate struct {
	Seq      int64  `json:"seq"` // that of host.VersionInfo
	Version  string `json:"version"`
	Calls    int64  `json:"calls"`            // that ended
	Failed   int64  `json:"failed,omitempty"` // calls, for whatever reason
	InFlight int64  `json:"in_flight,omitempty"`
	P50      int64  `json:"p50,omitempty"` // nanoseconds, as P99; 0 if no call was timed
	P99      int64  `json:"p99,omitempty"`
}

// A Recorder takes the samples of one slot. Its methods may be called from any goroutine at the same time.
type Recorder struct {
	figures func() host.SlotFigures

	mu           sync.Mutex
	fine, coarse series
}

// New makes a Recorder for a slot, whose calls are measured; figures are those of the slot, or
// zero before there is one.
func New(figures func() host.SlotFigures) *Recorder {
	return &Recorder{figures: figures, fine: newSeries(FineKept), coarse: newSeries(CoarseKept)}
}

// Run takes samples until ctx ends.
func (r *Recorder) Run(ctx context.Context) {
	tick := time.NewTicker(FineStep)
	defer tick.Stop()
	coarse := time.Now().Add(CoarseStep)
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			due := !now.Before(coarse)
			r.sample(now, due)
			if due {
				coarse = now.Add(CoarseStep)
			}
		}
	}
}

// sample ends a stretch of time now, and perhaps a coarse one as well.
func (r *Recorder) sample(now time.Time, coarse bool) {
	figures := r.figures()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fine.add(now, figures)
	if coarse {
		r.coarse.add(now, figures)
	}
}

// Since returns the samples that end after that time, in milliseconds since 1970, oldest first:
// the fine ones or the coarse ones. Stretches without calls have none. The caller must not change them.
func (r *Recorder) Since(milliseconds int64, coarse bool) []Sample {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := &r.fine
	if coarse {
		s = &r.coarse
	}
	return s.since(milliseconds)
}
