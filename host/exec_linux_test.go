package host_test

import (
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
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
