package host

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/libtest"
	"github.com/hotso/hotso/host/internal/lifecycle"
)

// BenchmarkReload is a swap to the next version and the unload of the last, with
// the share of each step in microseconds; serving is the whole load.
func BenchmarkReload(b *testing.B) {
	paths := []string{libtest.Greeter(b, "1"), libtest.Greeter(b, "2")}
	var mu sync.Mutex // OnEvent has a goroutine of its own
	steps := map[string]time.Duration{}
	slot := NewSlot("greeter", AllowDowngrade(), OnEvent(func(e Event) {
		mu.Lock()
		defer mu.Unlock()
		steps[string(e.State)] += e.Took
	}))
	defer slot.Close(b.Context())
	_, err := slot.Swap(b.Context(), paths[1])
	require.NoError(b, err)
	lifecycle.Delivered()
	clear(steps)
	n := 0
	for b.Loop() {
		swap, err := slot.Swap(b.Context(), paths[n%2])
		n++
		require.NoError(b, err)
		mu.Lock()
		for _, s := range swap.Old.Steps {
			steps["unload."+s.Step] += s.Took
		}
		mu.Unlock()
	}
	lifecycle.Delivered()
	for name, d := range steps {
		b.ReportMetric(float64(d.Microseconds())/float64(n), strings.ReplaceAll(name, " ", "-")+"-µs/op")
	}
}
