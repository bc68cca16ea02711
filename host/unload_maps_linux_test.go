package host_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
	"github.com/hotso/hotso/host/internal/proc"
)

// locked is the memory that the process has locked (VmLck, proc_pid_status(5)).
func locked(t *testing.T) string {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	require.NoError(t, err)
	return regexp.MustCompile(`VmLck:.*`).FindString(string(status))
}

// What Go code maps by itself is unmapped, and its files are closed, so that the next version has
// their locks: after an unload, and after a crash.
func TestUnloadUnmapsWhatGoCodeMapped(t *testing.T) {
	needUnload(t)
	path := libtest.Build(t, "busy", "1")
	requireNothingLeft(t)(must(host.Open(bg, path))(t).Close(bg))
	file := filepath.Join(t.TempDir(), "database")
	require.NoError(t, os.WriteFile(file, make([]byte, 1<<16), 0o600))
	files, lockedBefore := openFiles(t), locked(t)
	check := func(t *testing.T, end func(*host.Library)) {
		t.Helper()
		lib := must(host.Open(bg, path))(t)
		bytes := callLib(t, lib, "Map", file).(int64)
		require.Zero(t, callLib(t, lib, "Unmapped"))
		require.NotEmpty(t, must(proc.Maps(file))(t))
		end(lib)
		r, err := lib.Close(bg)
		requireNothingLeft(t)(r, err)
		assert.GreaterOrEqual(t, r.Resource(host.Mappings).Bytes, uint64(bytes))
		assert.Empty(t, must(proc.Maps(file))(t))
		assert.Equal(t, files, openFiles(t))
		assert.Equal(t, lockedBefore, locked(t))
		fd, err := unix.Open(file, unix.O_RDWR|unix.O_CLOEXEC, 0)
		require.NoError(t, err)
		assert.NoError(t, unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB))
		require.NoError(t, unix.Close(fd))
	}
	for range 3 {
		check(t, func(*host.Library) {})
	}
	check(t, func(lib *host.Library) {
		go func() { _, _ = lib.Call(bg, "Exit") }()
		eventually(t, func() bool { return lib.State() == host.Crashed || lib.State() == host.Unloaded }, "it crashes")
	})
}

// Whatever C code opened is closed, of each kind, and what came in messages.
func TestUnloadClosesDescriptorsOfC(t *testing.T) {
	needUnload(t)
	path := libtest.Build(t, "busy", "1")
	requireNothingLeft(t)(must(host.Open(bg, path))(t).Close(bg))
	before := openFiles(t)
	for _, function := range []string{"HoardC", "Passed"} {
		lib := must(host.Open(bg, path))(t)
		n := callLib(t, lib, function).(int64)
		require.Positive(t, n)
		r, err := lib.Close(bg)
		requireNothingLeft(t)(r, err)
		assert.GreaterOrEqual(t, r.Resource(host.Descriptors).Found, int(n))
		assert.Equal(t, before, openFiles(t), function)
	}
}

// What close_range closed is not the library's any more.
func TestUnloadKnowsOfRanges(t *testing.T) {
	needUnload(t)
	path := libtest.Build(t, "busy", "1")
	lib := must(host.Open(bg, path))(t)
	const n = 8
	first := int(callLib(t, lib, "Range", int64(n)).(int64))
	null := must(os.Open(os.DevNull))(t) // the same file: only the number tells
	defer null.Close()
	for i := 1; i < n; i++ {
		require.NoError(t, unix.Dup3(int(null.Fd()), first+i, unix.O_CLOEXEC))
		defer unix.Close(first + i)
	}
	requireNothingLeft(t)(lib.Close(bg))
	var st unix.Stat_t
	assert.ErrorIs(t, unix.Fstat(first, &st), unix.EBADF)
	for i := 1; i < n; i++ {
		assert.NoError(t, unix.Fstat(first+i, &st))
	}
}

// Streams and directories that C code left open are closed as it would have closed them.
func TestUnloadClosesStreamsOfC(t *testing.T) {
	needUnload(t)
	path := libtest.Build(t, "busy", "1")
	requireNothingLeft(t)(must(host.Open(bg, path))(t).Close(bg))
	before, processes := openFiles(t), len(children(t))
	file := filepath.Join(t.TempDir(), "file")
	for range 3 {
		lib := must(host.Open(bg, path))(t)
		n := callLib(t, lib, "Streams", file).(int64)
		require.Positive(t, n)
		require.Zero(t, callLib(t, lib, "Borrow", int64(0)))
		r, err := lib.Close(bg)
		requireNothingLeft(t)(r, err)
		assert.GreaterOrEqual(t, r.Resource(host.Descriptors).Found, int(n))
		assert.Equal(t, before, openFiles(t))
		assert.Equal(t, "text", string(must(os.ReadFile(file))(t)))
		require.NoError(t, os.Remove(file))
		// Its child has read to the end, and is the host's.
		pids := children(t)
		require.Len(t, pids, processes+1)
		_, err = unix.Wait4(pids[len(pids)-1], nil, 0, nil)
		require.NoError(t, err)
	}
	var st unix.Stat_t
	assert.NoError(t, unix.Fstat(0, &st), "it is the host's")
}

// A system call that is noted leaves in registers what the kernel leaves. badger, for one, takes the
// second result of mremap for the size.
func TestSystemCallsOfGoCodeHaveASecondResult(t *testing.T) {
	needUnload(t)
	lib := must(host.Open(bg, libtest.Build(t, "busy", "1")))(t)
	m, err := unix.Mmap(-1, 0, 2*4096, unix.PROT_READ, unix.MAP_ANON|unix.MAP_PRIVATE)
	require.NoError(t, err)
	_, second, errno := unix.Syscall6(unix.SYS_MREMAP, uintptr(unsafe.Pointer(&m[0])), 2*4096, 4096, 0, 0, 0)
	require.Zero(t, errno)
	assert.EqualValues(t, second, callLib(t, lib, "Second"))
	requireNothingLeft(t)(lib.Close(bg))
}

// An io_uring goes with its mappings and its thread of the kernel's, after a crash as well. While it
// is there, it is in no other version's way.
func TestUnloadClosesRings(t *testing.T) {
	needUnload(t)
	path := libtest.Build(t, "busy", "1")
	ring := func() *host.Library {
		lib := must(host.Open(bg, path))(t)
		if errno := unix.Errno(callLib(t, lib, "Ring").(int64)); errno != 0 {
			requireNothingLeft(t)(lib.Close(bg))
			t.Skip("io_uring_setup: ", errno)
		}
		return lib
	}
	requireNothingLeft(t)(ring().Close(bg))
	before := openFiles(t)
	lib := ring()
	require.NotEmpty(t, must(proc.Maps("[io_uring]"))(t))
	requireNothingLeft(t)(must(host.Open(bg, path))(t).Close(bg))
	requireNothingLeft(t)(lib.Close(bg))
	lib = ring()
	_, err := lib.Call(bg, "Exit")
	require.ErrorIs(t, err, host.ErrCrashed)
	requireNothingLeft(t)(lib.Close(bg))
	assert.Empty(t, must(proc.Maps("[io_uring]"))(t))
	assert.Equal(t, before, openFiles(t))
	for _, id := range must(proc.Threads())(t) {
		eventually(t, func() bool { return !proc.IsKernels(id) }, "the kernel's thread ends")
	}
}
