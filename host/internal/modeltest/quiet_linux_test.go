package modeltest

import (
	"os"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// quiet sends what dying libraries write to descriptor 2 to /dev/null, for as long as the
// test runs. The test's own words still come, and the runtime's, if the process dies. What
// the race detector finds comes there only, so with it all is heard.
func quiet(t *testing.T) {
	t.Helper()
	if race {
		return
	}
	fd, err := unix.FcntlInt(2, unix.F_DUPFD_CLOEXEC, 3)
	require.NoError(t, err)
	own, before := os.NewFile(uintptr(fd), "stderr"), os.Stderr
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	require.NoError(t, err)
	defer null.Close()
	require.NoError(t, debug.SetCrashOutput(own, debug.CrashOptions{}))
	require.NoError(t, unix.Dup3(int(null.Fd()), 2, 0))
	os.Stderr = own
	t.Cleanup(func() {
		require.NoError(t, unix.Dup3(fd, 2, 0))
		require.NoError(t, debug.SetCrashOutput(nil, debug.CrashOptions{}))
		os.Stderr = before
		own.Close()
	})
}
