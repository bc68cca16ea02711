package host_test

import (
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/cabi/abi/manifest"
	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
	"github.com/hotso/hotso/host/internal/proc"
)

// A large file is nowhere in the process when its library was judged, or is gone: not on
// the heap, and not beside it, though no collection has passed.
func TestLargeFileLeavesNoMemory(t *testing.T) {
	needUnload(t)
	const size, little = 150 << 20, 30 << 20
	require.NoError(t, host.OpenPermanent())
	path := libtest.Greeter(t, "1")
	libtest.Reseal(t, path, func(image []byte, _ *manifest.Manifest) []byte { return append(image, make([]byte, size)...) })
	runtime.GC()
	debug.FreeOSMemory()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	for name, use := range map[string]func(){
		"inspect": func() { _ = must(host.Inspect(path))(t) },
		"load":    func() { requireNothingLeft(t)(must(host.Open(ctx, path))(t).Close(ctx)) },
	} {
		var before, after runtime.MemStats
		mapped := must(proc.ReadUsage())(t).RSS
		runtime.ReadMemStats(&before)
		use()
		runtime.ReadMemStats(&after)
		assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(little), "%s: bytes that were on the heap", name)
		assert.Less(t, must(proc.ReadUsage())(t).RSS, mapped+little, "%s: bytes in memory", name)
	}
}
