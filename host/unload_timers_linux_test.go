package host_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// timers is how many POSIX timers the process has (proc_pid_timers(5)).
func timers(t *testing.T) int {
	t.Helper()
	b, err := os.ReadFile("/proc/self/timers")
	if err != nil {
		t.Skip("the kernel does not list them: ", err)
	}
	return bytes.Count(b, []byte("ID: "))
}

// The timers of a library's CPU profile are deleted, whether it was stopped or not, and after a
// crash.
func TestUnloadDeletesTheProfilersTimers(t *testing.T) {
	needUnload(t)
	path := libtest.Build(t, "busy", "1")
	requireNothingLeft(t)(must(host.Open(bg, path))(t).Close(bg))
	before := timers(t)
	for what, end := range map[string]func(*host.Library){
		"running": func(*host.Library) {},
		"stopped": func(lib *host.Library) { callLib(t, lib, "StopProfile") },
		"crashed": func(lib *host.Library) {
			go func() { _, _ = lib.Call(bg, "Exit") }()
			eventually(t, func() bool { return lib.State() == host.Crashed || lib.State() == host.Unloaded }, "it crashes")
		},
	} {
		t.Run(what, func(t *testing.T) {
			lib := must(host.Open(bg, path))(t)
			callLib(t, lib, "Profile")
			callLib(t, lib, "Spin", 2)
			eventually(t, func() bool { callLib(t, lib, "Work"); return timers(t) > before+1 }, "threads have timers")
			end(lib)
			r, err := lib.Close(bg)
			requireNothingLeft(t)(r, err)
			if what != "stopped" {
				assert.Greater(t, r.Resource(host.Timers).Found, 1)
			}
			assert.LessOrEqual(t, timers(t), before, "the host's own, of a profile before, may have gone")
			now, err := unix.Getitimer(unix.ItimerProf)
			require.NoError(t, err)
			assert.Zero(t, now)
		})
	}
}
