package host_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
	"github.com/hotso/hotso/host/internal/proc"
)

var mutations = flag.Int("mutations", 3000, "how many damaged libraries TestMutations brings before a host")

// heapSlack is by how much the live heap may grow over all mutations, in bytes.
const heapSlack = 8 << 20

// TestMutations damages a signed library in many ways and deploys it, while the
// previous version answers calls. Each file is refused before dlopen: the step
// is read or verify, and no mapping or open file of the damaged version is left.
// The same number of mutations gives the same files.
//
//	go test ./host -run TestMutations -mutations 1000000 -timeout 1h -v
func TestMutations(t *testing.T) {
	plainOnly(t)
	needUnload(t)
	key, stranger := newKey(t), newKey(t)
	slot := host.NewSlot("greeter", host.TrustKeys(key.public))
	defer func() {
		_, err := slot.Close(context.Background())
		assert.NoError(t, err)
	}()
	serving := libtest.Greeter(t, "1", libtest.LDFlags("-s -w"))
	key.sign(t, serving)
	_, err := slot.Swap(t.Context(), serving)
	require.NoError(t, err)

	tiny := newMutator(t, libtest.Build(t, "tiny", "2", libtest.Named("greeter")), key, stranger)
	large := newMutator(t, libtest.Greeter(t, "2", libtest.LDFlags("-s -w")), key, stranger)
	stop := answering(t, slot)

	deploy := filepath.Join(t.TempDir(), "libgreeter.v2.so")
	refused := map[string]int{}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	goroutines := runtime.NumGoroutine()
	for i := range *mutations {
		m := tiny
		if i%500 == 499 {
			m = large
		}
		r := rand.New(rand.NewPCG(uint64(i), 1))
		class, file := m.mutate(r)
		require.NoError(t, os.WriteFile(deploy, file, 0o644))
		_, err := slot.Swap(t.Context(), deploy)
		var e *host.Error
		if !errors.As(err, &e) || !errors.Is(err, host.ErrRefused) || e.Step != host.StepVerify {
			keep := filepath.Join(os.TempDir(), fmt.Sprintf("hotso-mutation-%d.so", i))
			_ = os.WriteFile(keep, file, 0o644)
			require.Failf(t, "not refused", "mutation %d, %s, kept as %s: %v", i, class, keep, err)
		}
		refused[class+": "+e.Reason.Error()]++
		if i%1000 == 0 {
			requireNothingOf(t, "greeter.v2")
		}
	}
	requireNothingOf(t, "greeter.v2")
	calls := stop()
	runtime.GC()
	runtime.ReadMemStats(&after)
	assert.Less(t, int64(after.HeapAlloc), int64(before.HeapAlloc)+heapSlack, "bytes on the heap")
	assert.LessOrEqual(t, runtime.NumGoroutine(), goroutines)
	assert.Positive(t, calls)
	assert.Equal(t, "1", slot.Current().Version())

	t.Logf("%d files refused while version 1 answered %d calls", *mutations, calls)
	for _, line := range slices.Sorted(maps.Keys(refused)) {
		t.Logf("%8d  %s", refused[line], line)
	}
}

// answering calls the slot's version until the returned function is called,
// which returns how often it answered. A call that fails, or is answered by
// another version, fails the test.
func answering(t *testing.T, slot *host.Slot) (stop func() int) {
	ctx, cancel := context.WithCancel(t.Context())
	var calls int
	var done sync.WaitGroup
	tick := time.NewTicker(100 * time.Microsecond) // leaves the core to the test
	done.Go(func() {
		defer tick.Stop()
		for ctx.Err() == nil {
			r, err := slot.Call(context.Background(), "GreetName", "Ada")
			if !assert.NoError(t, err) || !assert.Equal(t, "1", r.Version) {
				return
			}
			calls++
			<-tick.C
		}
	})
	return func() int {
		cancel()
		done.Wait()
		return calls
	}
}

// requireNothingOf fails if ld.so or a private copy has anything of a version.
func requireNothingOf(t *testing.T, version string) {
	t.Helper()
	maps, err := proc.Maps("hotso:")
	require.NoError(t, err)
	files, err := proc.Descriptors()
	require.NoError(t, err)
	for _, m := range maps {
		require.NotContains(t, m.Path, version)
	}
	for _, link := range files {
		require.NotContains(t, link, version)
	}
}
