package host_test

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// BenchmarkTail compares the slowest calls of a second in which a version is
// swapped with those of a quiet second: the quantile 0.999, in microseconds, and
// the median of the pairs' ratios. Two callers call every 50 µs.
func BenchmarkTail(b *testing.B) {
	paths := []string{libtest.Greeter(b, "1"), libtest.Greeter(b, "2")}
	slot := host.NewSlot("greeter", host.AllowDowngrade())
	defer slot.Close(b.Context())
	_, err := slot.Swap(b.Context(), paths[1])
	require.NoError(b, err)
	add, err := host.Func2[int32, int32, int32](slot, "Add")
	require.NoError(b, err)

	var quiet, swapped, ratios []float64
	for n := 0; b.Loop(); n++ {
		q := tail(b, add, func() {})
		s := tail(b, add, func() {
			_, err := slot.Swap(b.Context(), paths[n%2])
			require.NoError(b, err)
		})
		quiet, swapped, ratios = append(quiet, q), append(swapped, s), append(ratios, s/q)
	}
	for name, all := range map[string][]float64{"quiet-µs": quiet, "swap-µs": swapped, "ratio": ratios} {
		slices.Sort(all)
		b.ReportMetric(all[len(all)/2], name)
	}
}

// tail calls for a second, in which something happens, and returns the quantile.
func tail(b *testing.B, add func(context.Context, int32, int32) (int32, error), happen func()) float64 {
	const callers, pace = 2, 50 * time.Microsecond
	var wg sync.WaitGroup
	var over atomic.Bool
	took := make([][]time.Duration, callers)
	for i := range took {
		wg.Go(func() {
			for !over.Load() {
				begin := time.Now()
				if _, err := add(b.Context(), 1, 2); err != nil {
					b.Error(err)
					return
				}
				took[i] = append(took[i], time.Since(begin))
				time.Sleep(pace)
			}
		})
	}
	time.Sleep(300 * time.Millisecond)
	happen()
	time.Sleep(700 * time.Millisecond)
	over.Store(true)
	wg.Wait()
	all := slices.Concat(took...)
	slices.Sort(all)
	return float64(all[len(all)*999/1000]) / 1e3
}
