package watch_test

import (
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/host/watch"
)

func TestDirectoryComesAndGoes(t *testing.T) {
	bothWays(t, func(t *testing.T, start func(*testing.T, string, ...watch.Option) *stream) {
		dir := filepath.Join(t.TempDir(), "build")
		require.NoError(t, os.Mkdir(dir, 0o755))
		s := start(t, dir)
		for range 3 {
			deploy(t, dir, "1", library())
			assert.True(t, s.next(watch.Found, "1").Newest)
			deploy(t, dir, "2", library())
			s.next(watch.Found, "2")
			require.NoError(t, os.RemoveAll(dir))
			// One look may see the directory half removed.
			var told []string
			for range 3 {
				e := s.any()
				told = append(told, e.Kind.String()+" "+e.Version.Text)
			}
			assert.ElementsMatch(t, []string{"removed 1", "removed 2", "trouble "}, told)
			require.NoError(t, os.Mkdir(dir, 0o755))
		}
	})
}

func TestDirectoryComesLater(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "build")
	s := start(t, dir)
	assert.ErrorIs(t, s.next(watch.Trouble, "").Err, fs.ErrNotExist)
	require.NoError(t, os.Mkdir(dir, 0o755))
	s.nothingElse(dir, "1")
}

func TestDirectoryIsReplaced(t *testing.T) {
	parent := t.TempDir()
	dir, next := filepath.Join(parent, "build"), filepath.Join(parent, "next")
	require.NoError(t, os.Mkdir(dir, 0o755))
	require.NoError(t, os.Mkdir(next, 0o755))
	deploy(t, dir, "1", library())
	deploy(t, dir, "2", library())
	deploy(t, next, "2", other("new"))
	deploy(t, next, "3", library())
	s := start(t, dir)
	s.next(watch.Found, "2")
	s.next(watch.Found, "1")

	// Both at once, so that no look finds the path empty.
	require.NoError(t, unix.Renameat2(unix.AT_FDCWD, dir, unix.AT_FDCWD, next, unix.RENAME_EXCHANGE))
	s.next(watch.Removed, "1")
	for range 2 { // 2 has to settle, or 3 does, or both at once
		e := s.any()
		switch e.Version.Text {
		case "2":
			assert.Equal(t, watch.Changed, e.Kind)
		case "3":
			assert.Equal(t, watch.Found, e.Kind)
			assert.True(t, e.Newest)
		default:
			assert.Fail(t, "unexpected", "%+v", e)
		}
	}
	deploy(t, next, "9", library()) // the directory that was watched at first
	s.nothingElse(dir, "4")
}

func TestLinkedDirectory(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "current")
	for _, release := range []string{"1", "2"} {
		require.NoError(t, os.Mkdir(filepath.Join(parent, release), 0o755))
		deploy(t, filepath.Join(parent, release), release, library())
	}
	require.NoError(t, os.Symlink("1", dir))
	s := start(t, dir)
	s.next(watch.Found, "1")
	require.NoError(t, os.Symlink("2", dir+".new"))
	require.NoError(t, os.Rename(dir+".new", dir))
	s.next(watch.Removed, "1")
	s.next(watch.Found, "2")
}

func TestNotADirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "build")
	require.NoError(t, syscall.Mkfifo(dir, 0o644))
	s := start(t, dir)
	assert.ErrorIs(t, s.next(watch.Trouble, "").Err, syscall.ENOTDIR)
	require.NoError(t, os.Remove(dir))
	assert.ErrorIs(t, s.next(watch.Trouble, "").Err, fs.ErrNotExist)
	require.NoError(t, os.Symlink("build", dir))
	assert.ErrorIs(t, s.next(watch.Trouble, "").Err, syscall.ELOOP)
	require.NoError(t, os.Remove(dir))
	assert.ErrorIs(t, s.next(watch.Trouble, "").Err, fs.ErrNotExist)
	require.NoError(t, os.Mkdir(dir, 0o755))
	s.nothingElse(dir, "1")
}

// TestOddFiles gives the name of a version to all kinds of files that are no library.
// None may block the watcher or keep it from reporting the good one.
func TestOddFiles(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, syscall.Mkfifo(path(dir, "1"), 0o644))
	t.Chdir(dir) // a socket's path may not be longer than 108 bytes
	socket, err := net.Listen("unix", filepath.Base(path(dir, "2")))
	require.NoError(t, err)
	defer socket.Close()
	require.NoError(t, os.Mkdir(path(dir, "3"), 0o755))
	require.NoError(t, os.Symlink(path(dir, "4"), path(dir, "4")))
	require.NoError(t, os.Symlink(path(dir, "6"), path(dir, "5")))
	require.NoError(t, os.Symlink(path(dir, "5"), path(dir, "6")))
	require.NoError(t, os.Symlink("/dev/zero", path(dir, "7")))
	require.NoError(t, os.WriteFile(path(dir, "8"), []byte("#!/bin/sh\n"), 0o755))
	deploy(t, dir, "1.2.3.4", library())
	for _, ignored := range []string{"libgreeter.v9.so.tmp", ".libgreeter.v9.so", "libgreeter.so", "greeter.v9.so"} {
		require.NoError(t, os.WriteFile(ignored, library(), 0o644))
	}

	s := start(t, dir)
	for _, c := range []struct{ version, text string }{
		{"8", "not an ELF file"}, {"7", "device"}, {"6", "symbolic links"}, {"5", "symbolic links"}, {"4", "symbolic links"},
		{"3", "directory"}, {"2", "socket"}, {"1", "named pipe"}, {"1.2.3.4", "bad version"},
	} {
		e := s.next(watch.Invalid, c.version)
		assert.ErrorIs(t, e.Err, watch.ErrInvalid)
		assert.ErrorContains(t, e.Err, c.text)
		assert.ErrorContains(t, e.Err, path(dir, c.version))
		assert.False(t, e.Newest)
	}
	s.nothingElse(dir, "0")

	require.NoError(t, os.Remove(path(dir, "1")))
	s.next(watch.Removed, "1")
	deploy(t, dir, "8", library())
	assert.True(t, s.next(watch.Found, "8").Newest)

	versions, err := watch.List(dir, "greeter")
	require.NoError(t, err)
	require.Len(t, versions, 2)
	assert.Equal(t, "0", versions[0].Text)
	assert.Equal(t, "8", versions[1].Text)
}

func TestLinkedFile(t *testing.T) {
	dir, store := t.TempDir(), t.TempDir()
	s := start(t, dir, watch.WithPatience(3*settle))
	require.NoError(t, os.Symlink(filepath.Join(store, "a"), path(dir, "1")))
	assert.ErrorIs(t, s.next(watch.Invalid, "1").Err, fs.ErrNotExist)
	deploy(t, store, "9", library())
	require.NoError(t, os.Rename(path(store, "9"), filepath.Join(store, "a")))
	s.next(watch.Found, "1") // no file system event reports this one
	require.NoError(t, os.WriteFile(filepath.Join(store, "b"), other("new"), 0o644))
	require.NoError(t, os.Symlink(filepath.Join(store, "b"), filepath.Join(dir, "new")))
	require.NoError(t, os.Rename(filepath.Join(dir, "new"), path(dir, "1")))
	s.next(watch.Changed, "1")
}

// TestPermissions watches as a user without privileges.
func TestPermissions(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "build")
	require.NoError(t, os.Mkdir(dir, 0o755))
	deploy(t, dir, "1", library())
	require.NoError(t, os.Chmod(path(dir, "1"), 0))
	for parent := filepath.Dir(dir); parent != os.TempDir(); parent = filepath.Dir(parent) {
		require.NoError(t, os.Chmod(parent, 0o755))
	}
	require.NoError(t, os.Chmod(dir, 0))

	events := make(chan watch.Event)
	go func() {
		defer close(events)
		if os.Geteuid() == 0 {
			// Root may read everything. The file system user belongs to
			// the thread, which ends with this goroutine.
			runtime.LockOSThread()
			if err := syscall.Setfsuid(65534); err != nil {
				events <- watch.Event{Err: err}
				return
			}
		}
		for e := range watch.Events(t.Context(), dir, "greeter", watch.WithSettle(settle), watch.WithPatience(3*settle), watch.WithPoll(10*settle)) {
			select {
			case events <- e:
			case <-t.Context().Done():
			}
		}
	}()
	s := &stream{t: t, events: events}
	assert.ErrorIs(t, s.next(watch.Trouble, "").Err, fs.ErrPermission)
	require.NoError(t, os.Chmod(dir, 0o755))
	assert.ErrorIs(t, s.next(watch.Invalid, "1").Err, fs.ErrPermission)
	require.NoError(t, os.Chmod(path(dir, "1"), 0o644))
	s.next(watch.Found, "1")
	require.NoError(t, os.Chmod(dir, 0))
	assert.ErrorIs(t, s.next(watch.Trouble, "").Err, fs.ErrPermission)
	require.NoError(t, os.Chmod(dir, 0o755))
	s.nothingElse(dir, "2")
}

// TestInvalidIsCheckedAgain changes the inode alone, as chown and setfacl do
// when they make a file readable.
func TestInvalidIsCheckedAgain(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir, watch.WithComplete(func(path string) error {
		info, err := os.Stat(path)
		if err == nil && info.Sys().(*syscall.Stat_t).Nlink < 2 {
			err = watch.ErrInvalid
		}
		return err
	}))
	deploy(t, dir, "1", library())
	s.next(watch.Invalid, "1")
	require.NoError(t, os.Link(path(dir, "1"), filepath.Join(dir, "second")))
	s.next(watch.Found, "1")
}

func TestList(t *testing.T) {
	dir := t.TempDir()
	for _, v := range []string{"10", "9", "2.0.0", "2", "2.0.0-rc1"} {
		deploy(t, dir, v, library())
	}
	versions, err := watch.List(dir, "greeter")
	require.NoError(t, err)
	var got []string
	for _, v := range versions {
		got = append(got, v.String())
	}
	assert.Equal(t, []string{"2.0.0-rc1", "2", "2.0.0", "9", "10"}, got)
	assert.Equal(t, path(dir, "10"), versions[4].Path)
	assert.EqualValues(t, len(library()), versions[4].Size)

	_, err = watch.List(filepath.Join(dir, "missing"), "greeter")
	assert.ErrorIs(t, err, fs.ErrNotExist)
}
