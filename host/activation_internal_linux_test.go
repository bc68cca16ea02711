package host

import (
	"os"
	"strconv"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestActivation(t *testing.T) {
	// Two descriptors in a row, at the end of those that are open.
	var pair [2]int
	for i := range pair {
		fd, err := syscall.Open(os.DevNull, syscall.O_RDONLY, 0)
		require.NoError(t, err)
		t.Cleanup(func() { _ = syscall.Close(fd) })
		require.NoError(t, syscall.Dup3(fd, 900+i, 0))
	}
	me := strconv.Itoa(os.Getpid())
	env := map[string]string{}
	get := func(name string) string { return env[name] }
	read := func(pid, n, names string) (map[string]*os.File, error) {
		env = map[string]string{"LISTEN_PID": pid, "LISTEN_FDS": n, "LISTEN_FDNAMES": names}
		return activated(get, os.Getpid(), 900)
	}
	for _, none := range []string{"", "1"} {
		files, err := read(none, "2", "")
		require.NoError(t, err)
		assert.Empty(t, files, "for another process")
	}
	_, err := read(me, "x", "")
	assert.ErrorContains(t, err, `LISTEN_FDS is "x"`)
	_, err = read(me, "2", "one")
	assert.ErrorContains(t, err, "1 names in LISTEN_FDNAMES for 2 descriptors")
	files, err := read(me, "2", "http:http")
	require.NoError(t, err)
	require.Len(t, files, 2)
	for _, name := range []string{"http", "http.2"} {
		require.NotNil(t, files[name], name)
		flags, _, errno := syscall.Syscall(syscall.SYS_FCNTL, files[name].Fd(), syscall.F_GETFD, 0)
		require.Zero(t, errno)
		assert.EqualValues(t, syscall.FD_CLOEXEC, flags)
		require.NoError(t, files[name].Close())
	}
}
