package host_test

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// BenchmarkUnloadWaitingThreads measures the unload of a library of which eight threads of
// C code wait, the part of it that ends all its threads, and how often whoever unloads gives up its processor meanwhile:
// on a busy machine each time takes milliseconds.
func BenchmarkUnloadWaitingThreads(b *testing.B) {
	path := libtest.Build(b, "cthreads", "1")
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var took, threads float64
	var switches int64
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
		before := switchesOfThread(b)
		r, err := lib.Close(bg)
		switches += switchesOfThread(b) - before
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
	b.ReportMetric(float64(switches)/float64(b.N), "switches/unload")
}

// switchesOfThread is how often the calling thread has given up its processor by itself.
func switchesOfThread(b *testing.B) int64 {
	var u unix.Rusage
	require.NoError(b, unix.Getrusage(unix.RUSAGE_THREAD, &u))
	return int64(u.Nvcsw)
}
