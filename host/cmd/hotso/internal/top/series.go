package top

import (
	"time"

	"github.com/hotso/hotso/host/cmd/hotso/internal/history"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
)

const (
	pointsKept = 10 * time.Minute // more than fits on a screen
	window     = 5 * time.Second  // that rates are of: few calls a second are not 0 and 1 in turn
	longest    = 3 * time.Second  // between two looks at counters, else nobody knows when the calls were
)

// A point is how the calls of a library went in a stretch of time.
type point struct {
	end      time.Time
	span     time.Duration
	versions []history.Rate
}

// A series has the points of a library: from the server's history, or, if that keeps none, from
// what came to its counters from look to look.
type series struct {
	points  []point // oldest first
	waiting int64
	timed   bool // the server measures how long calls take

	counted time.Time
	before  map[key]counters
}

type counters struct{ calls, errors int64 }

// A key is one version of a library: its number there, which older servers do not give, and its
// file, as what was not loaded has no number.
type key struct {
	library string
	seq     int64
	version string
	file    string
}

func keyOf(library string, v server.Version) key {
	return key{library, v.Seq, v.Version, v.File}
}

// since is the time from which the server's history has news, in milliseconds since 1970.
func (s *series) since(now time.Time) int64 {
	if n := len(s.points); n > 0 {
		return s.points[n-1].end.UnixMilli()
	}
	return now.Add(-pointsKept).UnixMilli()
}

// take takes what the history has that is new.
func (s *series) take(samples []history.Sample, step time.Duration) {
	s.waiting = 0
	for _, sample := range samples {
		s.waiting = sample.Waiting
		s.add(point{time.UnixMilli(sample.Time), step, sample.Versions})
		for _, r := range sample.Versions {
			s.timed = s.timed || r.P99 > 0
		}
	}
}

// count makes a point of counters.
func (s *series) count(now time.Time, library string, versions []server.Version) {
	before, span := s.before, now.Sub(s.counted)
	s.before, s.counted = map[key]counters{}, now
	p := point{end: now, span: span}
	for _, v := range versions {
		k := keyOf(library, v)
		s.before[k] = counters{v.Calls, v.Errors}
		old := before[k]
		r := history.Rate{Seq: v.Seq, Version: v.Version, Calls: v.Calls - old.calls, Failed: v.Errors - old.errors, InFlight: v.InFlight}
		if r.Calls < 0 { // another process, whose versions have the same numbers
			return
		}
		if r.Calls > 0 || r.Failed > 0 || r.InFlight > 0 {
			p.versions = append(p.versions, r)
		}
	}
	if before != nil && span > 0 && span <= longest && len(p.versions) > 0 {
		s.add(p)
	}
}

func (s *series) add(p point) {
	s.points = append(s.points, p)
	old := 0
	for old < len(s.points) && p.end.Sub(s.points[old].end) > pointsKept {
		old++
	}
	s.points = s.points[old:]
}

// rate is how the calls of a version have gone of late.
func (s *series) rate(now time.Time, v server.Version) Rate {
	var r Rate
	var calls, failed int64
	for i := len(s.points) - 1; i >= 0; i-- {
		p := s.points[i]
		if now.Sub(p.end) >= window {
			break
		}
		for _, of := range p.versions {
			if of.Seq != v.Seq || of.Version != v.Version {
				continue
			}
			calls, failed = calls+of.Calls, failed+of.Failed
			if r.P99 == 0 {
				r.P50, r.P99 = time.Duration(of.P50), time.Duration(of.P99)
			}
		}
	}
	known := window
	if len(s.points) > 0 { // it may not be there for as long
		known = min(known, max(now.Sub(s.points[0].end)+s.points[0].span, time.Second))
	}
	r.Calls, r.Errors = float64(calls)/known.Seconds(), float64(failed)/known.Seconds()
	return r
}
