package host_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// BenchmarkUnloadWaitingThreads measures the unload of a library of which eight threads of
// C code wait, and the part of it that ends all its threads.
func BenchmarkUnloadWaitingThreads(b *testing.B) {
	path := libtest.Build(b, "cthreads", "1")
	var took, threads float64
	for b.Loop() {
		lib := must(host.Open(bg, path))(b)
		started, err := lib.Call(bg, "Start", "cond")
		require.NoError(b, err)
		require.Zero(b, started.Value)
		for {
			ticks, err := lib.Call(bg, "Ticks")
			require.NoError(b, err)
			if ticks.Value.(int64) >= 8 {
				break
			}
		}
		r, err := lib.Close(bg)
		requireNothingLeft(b)(r, err)
		took += r.Took().Seconds()
		for _, s := range r.Steps {
			if s.Step == "threads" {
				threads += s.Took.Seconds()
			}
		}
	}
	b.ReportMetric(took/float64(b.N)*1e3, "ms/unload")
	b.ReportMetric(threads/float64(b.N)*1e3, "ms/threads")
}
