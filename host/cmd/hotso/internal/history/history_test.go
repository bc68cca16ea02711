package history

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/life"
)

// took is a histogram of n calls that took d each.
func took(n uint64, d time.Duration) host.Histogram {
	return host.Histogram{Sum: time.Duration(n) * d, First: life.BucketOf(d), Counts: []uint64{n}}
}

func version(seq int64, state host.State, calls, failed int64, latency host.Histogram) host.VersionFigures {
	return host.VersionFigures{
		VersionInfo: host.VersionInfo{Seq: seq, Version: "v", State: state},
		Figures:     host.Figures{Calls: calls, Failures: map[host.FailureKind]int64{host.FailedError: failed}, Latency: latency},
	}
}

func TestSamplesAreDifferences(t *testing.T) {
	var now host.SlotFigures
	r := New(func() host.SlotFigures { return now })
	at := time.UnixMilli(0)
	next := func(v ...host.VersionFigures) []Sample {
		at, now.Versions = at.Add(time.Second), v
		r.sample(at, false)
		return r.Since(at.UnixMilli()-1, false)
	}
	require.Empty(t, next(), "nothing was called")
	one := next(version(1, host.Serving, 10, 1, took(10, time.Millisecond)))
	require.Len(t, one, 1)
	require.Len(t, one[0].Versions, 1)
	assert.EqualValues(t, 10, one[0].Versions[0].Calls)
	assert.EqualValues(t, 1, one[0].Versions[0].Failed)
	assert.InEpsilon(t, time.Millisecond, one[0].Versions[0].P99, 0.1)
	assert.EqualValues(t, at.UnixMilli(), one[0].Time)
	require.Empty(t, next(version(1, host.Serving, 10, 1, took(10, time.Millisecond))), "nor since then")

	two := next(version(1, host.Unloaded, 15, 1, took(15, time.Millisecond)), version(2, host.Serving, 7, 0, took(7, time.Second)))
	require.Len(t, two, 1)
	require.Len(t, two[0].Versions, 2)
	assert.EqualValues(t, 5, two[0].Versions[0].Calls, "the last ones of a version that has ended")
	assert.EqualValues(t, 7, two[0].Versions[1].Calls)
	assert.InEpsilon(t, time.Second, two[0].Versions[1].P50, 0.1)
	require.Empty(t, next(version(1, host.Unloaded, 15, 1, took(15, time.Millisecond)), version(2, host.Serving, 7, 0, took(7, time.Second))))
	assert.Len(t, r.Since(0, false), 2)
}

// A version that came and went between two samples is in the second.
func TestShortLife(t *testing.T) {
	r := New(func() host.SlotFigures {
		return host.SlotFigures{Versions: []host.VersionFigures{version(1, host.Unloaded, 3, 0, host.Histogram{})}}
	})
	r.sample(time.UnixMilli(1000), true)
	r.sample(time.UnixMilli(2000), true)
	require.Len(t, r.Since(0, false), 1)
	assert.EqualValues(t, 3, r.Since(0, false)[0].Versions[0].Calls)
	assert.Equal(t, r.Since(0, false), r.Since(0, true), "the coarse step adds up for itself")
	assert.Empty(t, r.Since(1000, false))
}

func TestOldSamplesGo(t *testing.T) {
	calls := int64(0)
	r := New(func() host.SlotFigures {
		calls++
		return host.SlotFigures{Versions: []host.VersionFigures{version(1, host.Serving, calls, 0, host.Histogram{})}}
	})
	for i := range FineKept + 10 {
		r.sample(time.UnixMilli(int64(i)*1000), false)
	}
	kept := r.Since(-1, false)
	require.Len(t, kept, FineKept)
	assert.EqualValues(t, 10_000, kept[0].Time)
}
