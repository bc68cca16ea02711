package host_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
	"github.com/hotso/hotso/host/watch"
)

// swapped makes a slot for the greeter that serves path.
func swapped(t *testing.T, path string, opts ...host.Option) *host.Slot {
	t.Helper()
	slot := host.NewSlot("greeter", opts...)
	t.Cleanup(func() {
		_, err := slot.Close(context.Background())
		assert.NoError(t, err)
	})
	_, err := slot.Swap(t.Context(), path)
	require.NoError(t, err)
	return slot
}

func greets(t *testing.T, slot *host.Slot, version string) {
	t.Helper()
	r, err := slot.Call(t.Context(), "GreetName", "Ada")
	require.NoError(t, err)
	require.Equal(t, version, r.Version)
}

// A partial copy is refused at every length until its last byte is there.
func TestPartialCopy(t *testing.T) {
	slot := swapped(t, libtest.Greeter(t, "1"))
	file := read(t, libtest.Greeter(t, "2"))
	regions, cuts := regionsOf(t, file)
	require.NotEmpty(t, regions)
	slices.Sort(cuts)
	path := filepath.Join(t.TempDir(), "libgreeter.v2.so")
	copied, err := os.Create(path)
	require.NoError(t, err)
	defer copied.Close()
	at := 0
	for _, cut := range append(cuts, len(file)-1) {
		if cut <= at || cut == len(file) {
			continue
		}
		_, err := copied.Write(file[at:cut])
		require.NoError(t, err)
		at = cut
		_, err = slot.Swap(t.Context(), path)
		require.ErrorIs(t, err, host.ErrRefused, "%d of %d bytes", at, len(file))
	}
	greets(t, slot, "1")
	_, err = copied.Write(file[at:])
	require.NoError(t, err)
	_, err = slot.Swap(t.Context(), path)
	require.NoError(t, err)
	greets(t, slot, "2")
}

// What was verified is what is mapped, whatever happens to the file between
// the two and afterwards.
func TestFileChangesAfterTheCheck(t *testing.T) {
	for what, change := range map[string]func(path string) error{
		"removed":   os.Remove,
		"truncated": func(path string) error { return os.Truncate(path, 0) },
		"replaced": func(path string) error {
			return errors.Join(os.Remove(path), os.WriteFile(path, []byte("#!/bin/sh\n"), 0o755))
		},
		"overwritten": func(path string) error {
			i, err := os.Stat(path)
			if err != nil {
				return err
			}
			return os.WriteFile(path, make([]byte, i.Size()), 0o755)
		},
	} {
		t.Run(what, func(t *testing.T) {
			path, changed := libtest.Greeter(t, "2"), false
			slot := host.NewSlot("greeter")
			host.OnAdmit(slot, func() { changed = assert.NoError(t, change(path)) })
			_, err := slot.Swap(t.Context(), path)
			require.NoError(t, err)
			require.True(t, changed)
			greets(t, slot, "2")
			_, err = slot.Close(t.Context())
			require.NoError(t, err)
		})
	}
}

// In a directory with a thousand versions and all kinds of rubbish, the newest
// one is found and loaded.
func TestThousandFiles(t *testing.T) {
	needUnload(t)
	dir := t.TempDir()
	name := func(version string) string { return filepath.Join(dir, "libgreeter.v"+version+".so") }
	file := read(t, libtest.Build(t, "tiny", "1", libtest.Named("greeter")))
	for i := range 1000 {
		require.NoError(t, os.WriteFile(name(fmt.Sprint(i)), file, 0o644))
	}
	require.NoError(t, os.Rename(libtest.Greeter(t, "1000.1"), name("1000.1")))
	require.NoError(t, os.WriteFile(name("1001"), file[:len(file)-1], 0o644))
	require.NoError(t, syscall.Mkfifo(name("1002"), 0o644))
	require.NoError(t, os.Symlink(name("1003"), name("1003")))
	require.NoError(t, os.Mkdir(name("1004"), 0o755))

	slot := host.NewSlot("greeter")
	complete := watch.WithComplete(func(path string) error { _, err := host.Inspect(path); return err })
	for v := range watch.Versions(t.Context(), dir, "greeter", complete) {
		_, err := slot.Swap(t.Context(), v.Path)
		require.NoError(t, err)
		break
	}
	greets(t, slot, "1000.1")
	_, err := slot.Close(t.Context())
	require.NoError(t, err)
}

func TestPermissionDenied(t *testing.T) {
	path := libtest.Greeter(t, "1")
	require.NoError(t, os.Chmod(path, 0))
	open := func() (err error) {
		_, err = host.Open(t.Context(), path)
		return err
	}
	err := asNobody(open)
	require.ErrorIs(t, err, host.ErrNotFound)
	require.ErrorIs(t, err, os.ErrPermission)
	assert.NotErrorIs(t, err, host.ErrRefused)
}

// asNobody runs f without the right of root to read all files: on a thread with
// another file system id (setfsuid(2)), which ends afterwards.
func asNobody(f func() error) error {
	if os.Getuid() != 0 {
		return f()
	}
	result := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread must not be used again
		_ = unix.Setfsuid(65534)
		result <- f()
	}()
	return <-result
}

// mount makes a tmpfs with flags and options, or skips the test.
func mount(t *testing.T, flags uintptr, options string) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("hotso-test", dir, "tmpfs", flags, options); err != nil {
		t.Skipf("no file system of its own for this test: mount: %v", err)
	}
	t.Cleanup(func() { assert.NoError(t, unix.Unmount(dir, unix.MNT_DETACH)) })
	return dir
}

// A private copy that can't be written leaves no file and no version behind.
func TestNoPlaceForThePrivateCopy(t *testing.T) {
	for what, test := range map[string]struct {
		flags   uintptr
		options string
		cause   error
	}{
		"full":      {0, "size=1m", syscall.ENOSPC},
		"read-only": {unix.MS_RDONLY, "", syscall.EROFS},
	} {
		t.Run(what, func(t *testing.T) {
			dir := mount(t, test.flags, test.options)
			slot := host.NewSlot("greeter", host.OnDisk(dir))
			_, err := slot.Swap(t.Context(), libtest.Greeter(t, "1"))
			require.ErrorIs(t, err, host.ErrLoad)
			require.ErrorIs(t, err, test.cause)
			left, err := os.ReadDir(dir)
			require.NoError(t, err)
			assert.Empty(t, left)
			assert.Nil(t, slot.Current())
			_, err = slot.Close(t.Context())
			require.NoError(t, err)
		})
	}
}

func TestLibraryOnReadOnlyDisk(t *testing.T) {
	dir := mount(t, 0, "")
	path := filepath.Join(dir, "libgreeter.v1.so")
	require.NoError(t, os.WriteFile(path, read(t, libtest.Greeter(t, "1")), 0o644))
	require.NoError(t, unix.Mount("", dir, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""))
	greets(t, swapped(t, path), "1")
}

// Nothing of a library is open in a program that the host starts.
func TestPrivateCopyIsNotInherited(t *testing.T) {
	greets(t, swapped(t, libtest.Greeter(t, "1")), "1")
	self, err := filepath.Glob("/proc/self/fd/*")
	require.NoError(t, err)
	require.Contains(t, links(self), "/memfd:hotso:", "it is open here")

	out, err := exec.Command("ls", "-l", "/proc/self/fd").CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), " 1 -> ", "the child sees its own")
	for _, of := range []string{"hotso:", "eventpoll", "eventfd"} { // the copy, and what the runtime opened
		assert.NotContains(t, string(out), of)
	}
}

func links(paths []string) string {
	var b strings.Builder
	for _, path := range paths {
		to, _ := os.Readlink(path)
		fmt.Fprintln(&b, path, to)
	}
	return b.String()
}

// Two hosts share a directory, of the libraries and of the private copies.
func TestTwoHosts(t *testing.T) {
	needUnload(t)
	dir := filepath.Dir(libtest.Greeter(t, "1"))
	require.NoError(t, os.Rename(libtest.Greeter(t, "2"), filepath.Join(dir, "libgreeter.v2.so")))
	copies := t.TempDir()
	other := make(chan string)
	go func() { other <- child(t, "swap", dir, copies) }()
	swapUpAndDown(t, dir, copies)
	assert.Contains(t, <-other, "PASS")
	left, err := os.ReadDir(copies)
	require.NoError(t, err)
	assert.Empty(t, left)
}

// swapUpAndDown is what each of the two hosts does.
func swapUpAndDown(t *testing.T, dir, copies string) {
	slot := host.NewSlot("greeter", host.OnDisk(copies), host.AllowDowngrade())
	for range 5 {
		for _, version := range []string{"1", "2"} {
			_, err := slot.Swap(t.Context(), filepath.Join(dir, "libgreeter.v"+version+".so"))
			require.NoError(t, err)
			greets(t, slot, version)
		}
	}
	_, err := slot.Close(t.Context())
	require.NoError(t, err)
}
