package history

import (
	"slices"
	"sort"
	"time"

	"github.com/hotso/hotso/host"
)

// A series has the samples of one step.
type series struct {
	kept    int
	samples []Sample               // oldest first
	before  map[int64]host.Figures // of versions that live, by Seq, at the end of the last sample
	seen    int64                  // highest Seq
}

func newSeries(kept int) series {
	return series{kept: kept, before: map[int64]host.Figures{}}
}

// add ends a sample.
func (s *series) add(now time.Time, f host.SlotFigures) {
	sample := Sample{Time: now.UnixMilli(), Waiting: f.Waiting}
	highest := s.seen
	for _, v := range f.Versions {
		before, lived := s.before[v.Seq]
		switch over := ended(v.State); {
		case !lived && v.Seq <= s.seen:
			continue // it had ended before
		case over:
			delete(s.before, v.Seq)
		default:
			s.before[v.Seq] = v.Figures
		}
		highest = max(highest, v.Seq)
		if r := rate(v, before); r.Calls != 0 || r.Failed != 0 || r.InFlight != 0 {
			sample.Versions = append(sample.Versions, r)
		}
	}
	s.seen = highest
	if len(sample.Versions) == 0 && sample.Waiting == 0 {
		return
	}
	if len(s.samples) == s.kept {
		s.samples = s.samples[1:]
	}
	s.samples = append(s.samples, sample)
}

// ended reports whether the figures of a version in that state stay as they are.
func ended(state host.State) bool {
	switch state {
	case host.Refused, host.Failed, host.Unloaded, host.Resident:
		return true
	}
	return false
}

// rate is what came to a version's figures.
func rate(v host.VersionFigures, before host.Figures) Rate {
	r := Rate{Seq: v.Seq, Version: v.Version, Calls: v.Figures.Calls - before.Calls, InFlight: v.Figures.InFlight}
	for kind, n := range v.Figures.Failures {
		r.Failed += n - before.Failures[kind]
	}
	latency := v.Figures.Latency.Minus(before.Latency)
	r.P50, r.P99 = int64(latency.Quantile(0.5)), int64(latency.Quantile(0.99))
	return r
}

func (s *series) since(milliseconds int64) []Sample {
	i := sort.Search(len(s.samples), func(i int) bool { return s.samples[i].Time > milliseconds })
	return slices.Clone(s.samples[i:])
}
