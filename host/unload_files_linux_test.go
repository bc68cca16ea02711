package host_test

import (
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
	"github.com/hotso/hotso/host/internal/proc"
)

// openFiles is how many descriptors the process has.
func openFiles(t *testing.T) int {
	t.Helper()
	links, err := proc.Descriptors()
	require.NoError(t, err)
	return len(links)
}

// Whatever the library's Go code opened is closed, of each kind.
func TestUnloadClosesEachKindOfDescriptor(t *testing.T) {
	needUnload(t)
	path := libtest.Build(t, "busy", "1")
	_, err := open(t, path).Close(bg) // what the process opens with its first library
	require.NoError(t, err)
	before := openFiles(t)
	for range 3 {
		lib := must(host.Open(bg, path))(t)
		n := callLib(t, lib, "Hoard").(int64)
		require.EqualValues(t, 18, n)
		require.Greater(t, openFiles(t), before+int(n))
		r, err := lib.Close(bg)
		requireNothingLeft(t)(r, err)
		assert.GreaterOrEqual(t, r.Resource(host.Descriptors).Found, int(n))
		require.Equal(t, before, openFiles(t))
	}
}

// An unload closes no descriptor of the host's, whatever numbers the library used and
// gave back while it was being unloaded, and leaves none of its own: a thread may be
// ended between opening a file and the next instruction.
func TestUnloadClosesNobodyElsesDescriptor(t *testing.T) {
	needUnload(t)
	path := libtest.Build(t, "busy", "1")
	requireNothingLeft(t)(must(host.Open(bg, path))(t).Close(bg))
	before := openFiles(t)
	var stop atomic.Bool
	var users sync.WaitGroup
	for i := range 16 {
		users.Go(func() {
			for !stop.Load() {
				fd, err := unix.Open("/proc/self/comm", unix.O_RDONLY|unix.O_CLOEXEC, 0)
				if !assert.NoError(t, err) {
					return
				}
				var was, is unix.Stat_t
				assert.NoError(t, unix.Fstat(fd, &was))
				time.Sleep(time.Duration(i+1) * 100 * time.Microsecond)
				if !assert.NoError(t, unix.Fstat(fd, &is), "it was closed") ||
					!assert.Equal(t, was.Ino, is.Ino, "it is another file") {
					return
				}
				assert.NoError(t, unix.Close(fd))
			}
		})
	}
	rounds := 25
	if testing.Short() {
		rounds = 10
	}
	for range rounds {
		lib := must(host.Open(bg, path))(t)
		callLib(t, lib, "Connect", 4)
		eventually(t, func() bool { return callLib(t, lib, "Work").(int64) > 20 }, "connections are made")
		requireNothingLeft(t)(lib.Close(bg))
	}
	stop.Store(true)
	users.Wait()
	assert.Equal(t, before, openFiles(t))
}

// Files of the host's under /sys/fs/cgroup, where a Go runtime has some open for its
// GOMAXPROCS, are not taken for the library's.
func TestUnloadLeavesFilesOfControlGroups(t *testing.T) {
	needUnload(t)
	path := libtest.Build(t, "busy", "1")
	lib := must(host.Open(bg, path))(t)
	f, err := os.Open("/sys/fs/cgroup")
	if err != nil {
		t.Skip("there are none: ", err)
	}
	defer f.Close()
	requireNothingLeft(t)(lib.Close(bg))
	requireNothingLeft(t)(must(host.Open(bg, path))(t).Close(bg))
	_, err = f.Stat()
	assert.NoError(t, err, "the host's file was closed")
}

// A library runs on as many processors as the host, and follows it.
func TestLibraryFollowsGOMAXPROCS(t *testing.T) {
	needUnload(t)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	path := libtest.Build(t, "busy", "1")
	for _, n := range []int{1, 3} {
		runtime.GOMAXPROCS(n)
		lib := open(t, path)
		assert.EqualValues(t, n, callLib(t, lib, "Procs"))
		if n == 1 {
			defer func(lib *host.Library) {
				eventually(t, func() bool { return callLib(t, lib, "Procs").(int64) == 3 }, "it follows")
			}(lib)
		}
	}
}
