//go:build amd64 || arm64

package stackcheck

import (
	"os"
	"runtime"
	"slices"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/call"
	"github.com/hotso/hotso/host/internal/dl"
	"github.com/hotso/hotso/host/internal/sigdispatch"
)

func TestMain(m *testing.M) {
	if err := sigdispatch.Install(); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

const patience = 30 * time.Second

// The assumption: glibc keeps what a thread began in at one place of its control block, and
// every thread that the host's runtime starts has an address of the host's there.
func TestHostThreadsAreKnown(t *testing.T) {
	require.NoError(t, Ready())
	low, end, err := text()
	require.NoError(t, err)
	for range 3 {
		b := controlBlock()
		offset, ok := startOffset(b, low, end)
		require.True(t, ok)
		assert.Equal(t, start, offset, "struct pthread has another form than on the first thread")
	}
	_, ok := startOffset(block{words: []uint64{low - 1, end, 0}}, low, end)
	assert.False(t, ok)
}

// A foreign thread is one that C code has started: it waits in libc until end is called.
type foreign struct {
	id        int
	semaphore []uint64 // its address is in a register of the thread's, and on its stack
	handle    uint64
}

func (f *foreign) address() uint64 { return uint64(uintptr(unsafe.Pointer(&f.semaphore[0]))) }

func (f *foreign) end(t testing.TB) {
	call.Call(symbol(t, "sem_post"), f.address())
	call.Call(symbol(t, "pthread_join"), f.handle, 0)
	runtime.KeepAlive(f)
}

func startForeign(t testing.TB) *foreign {
	t.Helper()
	f := &foreign{semaphore: make([]uint64, 4)}
	f.create(t)
	return f
}

// create starts the thread and finds out who it is: it alone has the address.
func (f *foreign) create(t testing.TB) {
	require.Zero(t, int32(call.Call(symbol(t, "pthread_create"), uint64(uintptr(unsafe.Pointer(&f.handle))), 0,
		uint64(symbol(t, "sem_wait")), f.address())))
	require.Eventually(t, func() bool {
		strangers, _, err := ask(none, nil)
		require.NoError(t, err)
		for _, s := range strangers {
			if slices.Contains(s.words, f.address()) {
				f.id = s.id
			}
		}
		return f.id != 0
	}, patience, time.Millisecond)
}

func symbol(t testing.TB, name string) uintptr {
	addr, err := dl.Global(name)
	require.NoError(t, err)
	return addr
}
