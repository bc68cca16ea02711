package host_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// needCplusplus skips a test where there is no C++ compiler.
func needCplusplus(t testing.TB) {
	t.Helper()
	needUnload(t)
	if _, err := exec.LookPath("g++"); err != nil {
		t.Skip("no C++ compiler: ", err)
	}
}

// overlap loads a library again and again, the new one before the old one goes, and runs use
// on the new one while both are there. Nothing may be left of any.
func overlap(t *testing.T, path string, times int, use func(lib *host.Library)) {
	t.Helper()
	var old *host.Library
	for range times {
		lib := must(host.Open(bg, path))(t)
		use(lib)
		if old != nil {
			requireNothingLeft(t)(old.Close(bg))
		}
		old = lib
	}
	requireNothingLeft(t)(old.Close(bg))
}

// runtimes are the two ways in which libraries have the C++ library.
var runtimes = map[string][]libtest.Option{"static": nil, "shared": {libtest.SharedRuntimes}}

// Each version has its own statics of C++ templates and inline functions, and takes them along.
func TestStaticsOfCplusplusAreOfTheVersion(t *testing.T) {
	plainOnly(t)
	needCplusplus(t)
	for name, opts := range runtimes {
		t.Run(name, func(t *testing.T) {
			var old *host.Library
			overlap(t, libtest.Build(t, "cplus", "1", opts...), 20, func(lib *host.Library) {
				for i := range int32(3) {
					require.EqualValues(t, i+1, callLib(t, lib, "Register", int32(1)))
					require.EqualValues(t, i+1, callLib(t, lib, "Count", int32(1)))
				}
				require.EqualValues(t, 1234567, callLib(t, lib, "Format", int32(1234567)))
				require.EqualValues(t, 42, callLib(t, lib, "Throw", int32(42)))
				if old != nil { // not another one's
					require.EqualValues(t, 103, callLib(t, old, "Register", int32(100)))
					require.EqualValues(t, 103, callLib(t, old, "Count", int32(100)))
				}
				old = lib
			})
		})
	}
}

// What is loaded again from its private copy, after a crash of the version that replaced it, has
// statics of its own as well.
func TestStaticsOfCplusplusAfterAFallback(t *testing.T) {
	plainOnly(t)
	needCplusplus(t)
	slot := host.NewSlot("cplus")
	for _, version := range []string{"1", "2"} {
		_, err := slot.Swap(bg, libtest.Build(t, "cplus", version, libtest.SharedRuntimes))
		require.NoError(t, err)
		for n := range int32(2) {
			require.Equal(t, n+1, must(slot.Call(bg, "Register", int32(1)))(t).Value)
		}
	}
	_, err := slot.Call(bg, "Abort")
	require.ErrorIs(t, err, host.ErrCrashed)
	eventually(t, func() bool { return slot.Current() != nil && slot.Current().Version() == "1" }, "the slot falls back")
	require.Equal(t, int32(1), must(slot.Call(bg, "Register", int32(1)))(t).Value)
	requireNothingLeft(t)(slot.Close(bg))
}

// crossing builds a library that needs a shared object in C++ beside it.
func crossing(t *testing.T) string {
	t.Helper()
	needCplusplus(t)
	dir := t.TempDir()
	_, file, _, _ := runtime.Caller(0)
	source := filepath.Join(filepath.Dir(file), "../testdata/libs/crossing/shared/shared.cpp")
	out, err := exec.Command("g++", "-shared", "-fPIC", "-o", filepath.Join(dir, "libcrossing-shared.so"), source).CombinedOutput()
	require.NoError(t, err, "%s", out)
	link := fmt.Sprintf("-extldflags '-L%s -Wl,--no-as-needed -lcrossing-shared -Wl,-rpath,%[1]s'", dir)
	return libtest.Build(t, "crossing", "1", libtest.LDFlags(link))
}

// What C++ shares between the library and a shared object that it needs stays shared.
func TestCplusplusAcrossSharedObjects(t *testing.T) {
	plainOnly(t)
	overlap(t, crossing(t), 20, func(lib *host.Library) {
		for n := range int32(3) {
			require.EqualValues(t, n+1, callLib(t, lib, "Cross", n+1))
		}
	})
}

// hostThreads are n threads of the host's, each of which runs what it is given.
func hostThreads(t *testing.T, n int) (all []func(func())) {
	t.Helper()
	for range n {
		work, done := make(chan func()), make(chan struct{})
		go func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			for f := range work {
				f()
				done <- struct{}{}
			}
		}()
		t.Cleanup(func() { close(work) })
		all = append(all, func(f func()) { work <- f; <-done })
	}
	return all
}

// received is how many bytes are in a pipe.
func received(t *testing.T, r *os.File) int {
	t.Helper()
	n, err := unix.IoctlGetInt(int(r.Fd()), unix.TIOCINQ)
	require.NoError(t, err)
	return n
}

// Threads of the host's have thread-local objects of each version, which are destroyed once
// when that stops, and are no reason for it to stay.
func TestThreadLocalsOfCplusplusEndWithTheVersion(t *testing.T) {
	plainOnly(t)
	needCplusplus(t)
	const threads, times = 4, 20
	r, w := pipe(t)
	fd := int32(w.Fd())
	all := hostThreads(t, threads)
	overlap(t, libtest.Build(t, "cplus", "1"), times, func(lib *host.Library) {
		local := must(host.Func2[int32, int32, int32](lib, "Local"))(t)
		for n := range int32(3) {
			for _, on := range all {
				var got int32
				var err error
				on(func() { got, err = local(bg, fd, 1) })
				require.NoError(t, err)
				require.Equal(t, n+1, got)
			}
		}
	})
	require.Equal(t, threads*times, received(t, r))
}

// They are destroyed on their own thread if that ends before.
func TestThreadLocalsOfCplusplusEndWithTheThread(t *testing.T) {
	plainOnly(t)
	needCplusplus(t)
	r, w := pipe(t)
	lib := must(host.Open(bg, libtest.Build(t, "cplus", "1")))(t)
	local := must(host.Func2[int32, int32, int32](lib, "Local"))(t)
	var inside func(failed chan error)
	inside = func(failed chan error) {
		runtime.LockOSThread()              // and ends, with its thread
		if unix.Gettid() == unix.Getpid() { // but for the first one, which Go keeps
			go inside(failed)
			return
		}
		_, err := local(bg, int32(w.Fd()), 1)
		failed <- err
	}
	for n := range 5 {
		failed := make(chan error)
		go inside(failed)
		require.NoError(t, <-failed)
		eventually(t, func() bool { return received(t, r) == n+1 }, "the object is destroyed")
	}
	requireNothingLeft(t)(lib.Close(bg))
	require.Equal(t, 5, received(t, r))
}

// Threads that end while the version stops and is unloaded destroy theirs, or have had them
// destroyed: once.
func TestThreadLocalsOfCplusplusEndAtTheSameTime(t *testing.T) {
	plainOnly(t)
	needCplusplus(t)
	const threads, times = 8, 20
	r, w := pipe(t)
	path := libtest.Build(t, "cplus", "1")
	for n := range times {
		lib := must(host.Open(bg, path))(t)
		local := must(host.Func2[int32, int32, int32](lib, "Local"))(t)
		failed := make(chan error)
		for range threads {
			go func() {
				runtime.LockOSThread() // and ends, with its thread
				_, err := local(bg, int32(w.Fd()), 1)
				failed <- err
			}()
		}
		for range threads {
			require.NoError(t, <-failed)
		}
		requireNothingLeft(t)(lib.Close(bg))
		require.Equal(t, (n+1)*threads, received(t, r))
	}
}

// After a crash they are not: what they refer to may be in any state.
func TestThreadLocalsOfCplusplusAfterACrash(t *testing.T) {
	plainOnly(t)
	needCplusplus(t)
	r, w := pipe(t)
	all := hostThreads(t, 2)
	for range 5 {
		lib := must(host.Open(bg, libtest.Build(t, "cplus", "1")))(t)
		local := must(host.Func2[int32, int32, int32](lib, "Local"))(t)
		for _, on := range all {
			var err error
			on(func() { _, err = local(bg, int32(w.Fd()), 1) })
			require.NoError(t, err)
		}
		_, err := lib.Call(bg, "Abort")
		require.ErrorIs(t, err, host.ErrCrashed)
		requireNothingLeft(t)(lib.Close(bg))
	}
	require.Zero(t, received(t, r))
}

// Whatever C++ code starts threads by, they are the library's and end with it, when the C++
// library is part of it.
func TestThreadsOfCplusplus(t *testing.T) {
	plainOnly(t)
	needCplusplus(t)
	path := libtest.Build(t, "cplus", "1")
	overlap(t, path, 20, func(lib *host.Library) {
		require.EqualValues(t, 4, callLib(t, lib, "Threads", int32(100)))
	})
	overlap(t, path, 20, func(lib *host.Library) {
		require.EqualValues(t, 2, callLib(t, lib, "StartThreads", int32(2)))
	})
}

// An exception that nobody catches ends the library, not the host.
func TestTerminateIsContained(t *testing.T) {
	plainOnly(t)
	needCplusplus(t)
	path := libtest.Build(t, "cplus", "1")
	for range 3 {
		lib := must(host.Open(bg, path))(t)
		_, err := lib.Call(bg, "Terminate")
		require.ErrorIs(t, err, host.ErrCrashed)
		requireNothingLeft(t)(lib.Close(bg))
	}
}

// The C++ library gives back what it had from malloc.
func TestMemoryOfCplusplus(t *testing.T) {
	plainOnly(t)
	needCplusplus(t)
	var each []int64
	overlap(t, libtest.Build(t, "cplus", "1"), 20, func(lib *host.Library) {
		require.EqualValues(t, 1, callLib(t, lib, "Count", int32(1)))
		require.EqualValues(t, 42, callLib(t, lib, "Throw", int32(42)))
		each = append(each, callLib(t, lib, "Allocated").(int64))
	})
	growth := (each[len(each)-1] - each[4]) / int64(len(each)-5)
	require.Less(t, growth, int64(16<<10), "bytes from malloc are left by each load: %v", each)
}
