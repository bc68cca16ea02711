package soak

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

func TestSlope(t *testing.T) {
	line := func(a, b uint64) (s []Sample) {
		for i := range 10 {
			x := Sample{Reload: i * 7}
			x.RSS = a + b*uint64(x.Reload)
			s = append(s, x)
		}
		return s
	}
	assert.InDelta(t, 12, slope(line(5<<20, 12)), 1e-6)
	assert.Zero(t, slope(line(5<<20, 0)))
	assert.Zero(t, slope(nil))
	assert.Zero(t, slope(line(1, 1)[:1]))
}

func TestJudge(t *testing.T) {
	r := Result{}
	r.Start.Reload, r.End.Reload = 10, 100_010
	r.RSSSlope = BytesPerReload
	r.judge()
	assert.Empty(t, r.Leaks)

	r.RSSSlope = 2109 << 10
	r.End.Threads, r.End.Mappings, r.End.Descriptors, r.End.Virtual = 5, 37, 2, 1<<30
	r.End.CHeap = 1 << 30
	r.judge()
	assert.Equal(t, []string{
		"5 threads", "37 mappings", "2 descriptors",
		"2159616 bytes of memory per reload", "10737 bytes of malloc per reload",
	}, r.Leaks)

	r.End.Own = 5
	assert.Equal(t, []string{"17 mappings", "2 descriptors"}, r.End.Since(r.Start), "the host's threads, and four mappings of each, are no leak")
	r.End.Virtual = 37 << 10
	assert.Equal(t, []string{"2 descriptors"}, r.End.Since(r.Start), "records of the host's runtime")
	r.End.Reload = 100
	assert.Equal(t, []string{"17 mappings", "2 descriptors"}, r.End.Since(r.Start))

	short := Result{RSSSlope: 1000}
	short.Start.Reload, short.End.Reload = 10, 100
	short.judge()
	assert.Empty(t, short.Leaks, "noise of the host's heap")
	short = Result{RSSSlope: 5 << 20 / 90, file: 4 << 20}
	short.Start.Reload, short.End.Reload = 10, 100
	short.judge()
	assert.Empty(t, short.Leaks, "memory that the file is read to")
	short.file = 2 << 20
	short.judge()
	assert.NotEmpty(t, short.Leaks)
	short.Start.RSS, short.End.RSS = 29<<20, 26<<20
	short.judge()
	assert.Empty(t, short.Leaks, "it has less in the end")
}

func TestRun(t *testing.T) {
	path := libtest.Greeter(t, "2")
	reloads := 60
	if testing.Short() {
		reloads = 6
	}
	for name, c := range map[string]Config{
		"slot, function":    {Overlap: true, Traffic: 2, Function: "Add", Args: []any{1, 2}, Reloads: reloads},
		"slot, health":      {Overlap: true, Traffic: 2, Reloads: reloads},
		"library, function": {Traffic: 2, Function: "Add", Args: []any{1, 2}, Reloads: reloads},
		"library, health":   {Traffic: 1, Reloads: reloads},
		"a time":            {Overlap: true, For: 500 * time.Millisecond},
		"no time":           {Overlap: true, For: 1},
	} {
		t.Run(name, func(t *testing.T) {
			c.File = path
			last := 0
			c.Progress = func(reloads int, _ time.Duration) { last = reloads }
			r, err := Run(t.Context(), c)
			require.NoError(t, err)
			assert.Equal(t, "greeter", r.Library)
			assert.Equal(t, "2", r.Version)
			assert.Equal(t, r.Reloads, last)
			assert.Zero(t, r.Failed, r.Failure)
			sum := 0.0
			for _, s := range r.Steps {
				sum += s.Share
			}
			if c.Overlap {
				assert.InDelta(t, 1, sum, 1e-6)
			}
			assert.Equal(t, c.Traffic > 0, r.Calls > 0)
			assert.Zero(t, r.End.Foreign()-r.Start.Foreign(), "threads")
			assert.Zero(t, r.End.Descriptors-r.Start.Descriptors, "descriptors")
			assert.Positive(t, r.Start.Reload)
			assert.Positive(t, r.Slowest)
			assert.Equal(t, r.Reloads, r.Faults, "recovered panics")
			assert.Positive(t, r.Stop.Without)
			assert.Positive(t, r.Stop.With)
			assert.Positive(t, r.Stop.Ratio)
			assert.NotEmpty(t, r.Samples)
			assert.Positive(t, r.End.Heap)
			if c.Reloads > 0 {
				assert.Equal(t, c.Reloads, r.Reloads)
				assert.Equal(t, c.Reloads, r.End.Reload)
			}
		})
	}
}

func TestRunEndsEarly(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r, err := Run(ctx, Config{File: libtest.Greeter(t, "1"), Reloads: 1 << 30, Overlap: true, Progress: func(n int, _ time.Duration) {
		if n == 3 {
			cancel()
		}
	}})
	require.NoError(t, err)
	assert.Equal(t, 3, r.Reloads)

	_, err = Run(t.Context(), Config{File: "nothing"})
	assert.ErrorIs(t, err, host.ErrNotFound)
}

// What is not unloaded is a leak, and is found.
func TestRunFindsALeak(t *testing.T) {
	var fds []*os.File
	defer func() {
		for _, f := range fds {
			f.Close()
		}
	}()
	r, err := Run(t.Context(), Config{File: libtest.Greeter(t, "1"), Reloads: 30, Progress: func(int, time.Duration) {
		f, err := os.Open("/dev/null")
		require.NoError(t, err)
		fds = append(fds, f)
	}})
	require.NoError(t, err)
	assert.Positive(t, r.End.Descriptors-r.Start.Descriptors)
	assert.Contains(t, strings.Join(r.Leaks, " "), "descriptors")
}
