package host_test

import (
	"testing"

	"github.com/ebitengine/purego"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

func openCheap(t *testing.T, opts ...host.Option) *host.Library {
	t.Helper()
	needUnload(t)
	lib, err := host.Open(t.Context(), libtest.Build(t, "cheap", "1"), opts...)
	require.NoError(t, err)
	return lib
}

// What C code has left on the heap is freed, and what it has freed itself is not; also after
// a crash, and what libc has resized.
func TestReclaimC(t *testing.T) {
	const bytes = 10 << 20
	for name, end := range map[string]func(*host.Library){
		"closed":  func(*host.Library) {},
		"crashed": func(lib *host.Library) { require.ErrorIs(t, drill(t, lib, "throw"), host.ErrCrashed) },
	} {
		t.Run(name, func(t *testing.T) {
			for range 3 {
				lib := openCheap(t, host.ReclaimC())
				assert.EqualValues(t, 12, callLib(t, lib, "Leave", int64(bytes)))
				end(lib)
				r, err := lib.Close(t.Context())
				requireNothingLeft(t)(r, err)
				heap := r.Resource(host.CHeap)
				assert.GreaterOrEqual(t, heap.Found, 11)
				assert.Less(t, heap.Found, 100)
				assert.Greater(t, heap.Bytes, uint64(bytes))
				assert.Less(t, heap.Bytes, uint64(bytes+1<<20))
			}
		})
	}
	assert.Equal(t, "kept", environ("HOTSO_CHEAP"), "the environment is the process's")
}

// environ looks a variable up in the environment of the C library.
func environ(name string) string {
	var getenv func(string) string
	purego.RegisterLibFunc(&getenv, purego.RTLD_DEFAULT, "getenv")
	return getenv(name)
}

// Threads allocate and free at the same time.
func TestReclaimCOfManyThreads(t *testing.T) {
	lib := openCheap(t, host.ReclaimC())
	assert.EqualValues(t, 8, callLib(t, lib, "Busy", int64(8), int64(50_000)))
	r, err := lib.Close(t.Context())
	requireNothingLeft(t)(r, err)
	heap := r.Resource(host.CHeap)
	assert.Greater(t, heap.Found, 8*50)
	assert.Less(t, heap.Found, 8*64+100)
}

// Without being asked for it, nothing is remembered.
func TestHeapIsLeftByDefault(t *testing.T) {
	lib := openCheap(t)
	callLib(t, lib, "Leave", int64(1000))
	r, err := lib.Close(t.Context())
	requireNothingLeft(t)(r, err)
	assert.Zero(t, r.Resource(host.CHeap).Found)
}
