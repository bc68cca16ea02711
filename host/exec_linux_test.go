package host_test

import (
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
	"github.com/hotso/hotso/host/life"
)

// The host starts programs while libraries are loaded, crash and are unloaded. Each
// program runs and ends well: the kill signals, which go to the host's threads, reach none
// between fork and exec, and it inherits no descriptor of a library's.
func TestProgramsStartWhileLibrariesCrash(t *testing.T) {
	paths := []string{libtest.Build(t, "crash", "1"), libtest.Build(t, "crash", "2")}
	slot := newSlot(t, "crash", paths[:1], append(forever(t), host.AllowDowngrade())...)
	v := newVictim(t, slot)
	var stop atomic.Bool
	var starters sync.WaitGroup
	for range 2 {
		starters.Go(func() {
			for !stop.Load() {
				out, err := exec.Command("ls", "-l", "/proc/self/fd").CombinedOutput()
				assert.NoError(t, err, "%s", out)
				for _, theirs := range []string{"hotso", "anon_inode", "cgroup"} {
					assert.NotContains(t, string(out), theirs)
				}
			}
		})
	}
	for i := range 30 {
		wait := v.within(2, v.sleep)
		require.ErrorIs(t, v.crash([]string{"panic", "exit", "goroutine"}[i%3]), host.ErrCrashed)
		wait()
		_, err := slot.Swap(bg, paths[(i+1)%2])
		require.NoError(t, err)
	}
	stop.Store(true)
	starters.Wait()
}

// Children of a library have the limit of open files that children of the host have, whatever a
// runtime has raised; and to load a library changes no limit of the host's.
func TestChildrenHaveTheHostsLimitOfFiles(t *testing.T) {
	needUnload(t)
	path := libtest.Build(t, "busy", "1")
	childOf(t, exec.Command("sh", "-c", `ulimit -Sn 500 && exec "$0" "$@"`, os.Args[0]), "files", path)
}

func startChildrenWithFiles(t *testing.T, path string) {
	files := func() (soft uint64) {
		var l unix.Rlimit
		require.NoError(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &l))
		return l.Cur
	}
	childrenHave := func(want int64) {
		t.Helper()
		before := files()
		lib := must(host.Open(bg, path))(t)
		assert.Equal(t, want, callLib(t, lib, "ChildFiles"))
		assert.Equal(t, before, files())
		r, err := lib.Close(bg)
		requireNothingLeft(t)(r, err)
		assert.NotContains(t, r.Changes, life.Limits)
	}
	raised := files()
	require.Greater(t, raised, uint64(500), "package syscall raises it, or this test shows nothing")
	out, err := exec.Command("sh", "-c", "ulimit -Sn").Output()
	require.NoError(t, err)
	require.Equal(t, "500\n", string(out))
	childrenHave(500)

	// What the host sets itself holds for both, and its children.
	require.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 400, Max: raised + 1}))
	childrenHave(400)
}
