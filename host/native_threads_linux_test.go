package host_test

import (
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
	"github.com/hotso/hotso/host/internal/proc"
)

// Threads and timers that C code has by other names than pthread_create end with their
// version, whether that is closed or crashes.
func TestThreadsAndTimersOfC(t *testing.T) {
	plainOnly(t)
	needUnload(t)
	path := libtest.Build(t, "cthreads", "1")
	for _, test := range []struct {
		kind            string
		threads, timers int
		ticks           int64
	}{
		{kind: "c11", threads: 1, ticks: 1},
		{kind: "c11 detached", threads: 1, ticks: 1},
		{kind: "exited", threads: 3, ticks: 3},
		{kind: "thread timers", threads: 1, timers: 2, ticks: 5},
		{kind: "signal timers", threads: 1, timers: 2, ticks: 5},
		{kind: "quiet timer", timers: 1},
	} {
		for end, closes := range endings {
			t.Run(test.kind+" "+end, func(t *testing.T) {
				lib := must(host.Open(bg, path))(t)
				require.Zero(t, callLib(t, lib, "Start", test.kind))
				eventually(t, func() bool { return callLib(t, lib, "Ticks").(int64) >= test.ticks }, "it is at work")
				r := closes(t, lib)
				assert.GreaterOrEqual(t, r.Resource(host.Threads).Found, test.threads)
				assert.Equal(t, test.timers, r.Resource(host.Timers).Found)
				requireNoTimers(t)
			})
		}
	}
}

// endings are the ways in which a library leaves.
var endings = map[string]func(*testing.T, *host.Library) *host.Report{
	"closed": closed,
	"crashed": func(t *testing.T, lib *host.Library) *host.Report {
		require.ErrorIs(t, drill(t, lib, "throw"), host.ErrCrashed)
		return closed(t, lib)
	},
}

// closed requires that nothing of lib is left, and no thread that it does not tell of.
func closed(t *testing.T, lib *host.Library) *host.Report {
	t.Helper()
	r, err := lib.Close(bg)
	requireNothingLeft(t)(r, err)
	for _, m := range must(proc.Maps("hotso:"))(t) {
		assert.NotContains(t, m.Path, "cthreads", "a mapping is left")
	}
	return r
}

// requireNoTimers requires that the process has no timers.
func requireNoTimers(t *testing.T) {
	t.Helper()
	timers, err := os.ReadFile("/proc/self/timers")
	if !os.IsNotExist(err) { // without CONFIG_CHECKPOINT_RESTORE
		require.NoError(t, err)
		assert.Empty(t, string(timers))
	}
}

// What C code is told when it waits for threads is what libc would tell.
func TestJoinsOfC(t *testing.T) {
	plainOnly(t)
	lib := openLib(t, "cthreads")
	for _, kind := range []string{"join", "cancel", "join11", "small stack", "room"} {
		assert.Zero(t, callLib(t, lib, "Try", kind), "the line in joins.c")
	}
	assert.Equal(t, false, callLib(t, lib, "GoHasRoom"))
	closed(t, lib)
}

// What another version does, its crashes and its unload, interrupts no system call of C code's: that may take it for a
// failure, as nobody sends signals in a program of its own.
func TestOthersInterruptNoThreadOfC(t *testing.T) {
	plainOnly(t)
	bystander := openLib(t, "cthreads")
	assert.Zero(t, callLib(t, bystander, "Start", "polls"))
	other := libtest.Build(t, "crash", "1")
	for range 10 {
		lib := must(host.Open(bg, other))(t)
		v := newVictim(t, lib)
		wait := v.within(4, v.sleep)
		require.ErrorIs(t, v.crash("panic"), host.ErrCrashed)
		wait()
		requireNothingLeft(t)(lib.Close(bg))
		lib = must(host.Open(bg, other))(t)
		requireNothingLeft(t)(lib.Close(bg))
	}
	assert.Zero(t, callLib(t, bystander, "Ticks"), "interrupted")
	closed(t, bystander)
}

// What would have libc's own threads call the library, or end the host, is refused.
func TestRefusedToC(t *testing.T) {
	plainOnly(t)
	lib := openLib(t, "cthreads")
	for kind, want := range map[string]syscall.Errno{
		"aio_read": unix.ENOSYS, "aio_write": unix.ENOSYS, "aio_fsync": unix.ENOSYS, "lio_listio": unix.ENOSYS,
		"getaddrinfo_a": unix.ENOSYS, "mq_notify": unix.ENOSYS, "clone": unix.ENOTSUP, "daemon": unix.EPERM,
	} {
		assert.EqualValues(t, want, callLib(t, lib, "Try", kind), kind)
	}
	assert.Zero(t, callLib(t, lib, "Ticks"))
	closed(t, lib)
}

// Threads of C code that wait for what never comes, in functions of libc that hold no lock
// meanwhile, are taken out of there.
func TestWaitsOfC(t *testing.T) {
	plainOnly(t)
	needUnload(t)
	path := libtest.Build(t, "cthreads", "1")
	for _, kind := range []string{"usleep", "nanosleep", "cond", "timed_cond", "mutex", "rwlock", "barrier", "spinlock",
		"sem", "join", "cnd", "thrd_sleep", "poll", "ppoll", "select", "epoll", "read", "write", "accept", "sigwait", "futex"} {
		for end, closes := range endings {
			t.Run(kind+" "+end, func(t *testing.T) {
				lib := must(host.Open(bg, path))(t)
				require.Zero(t, callLib(t, lib, "Start", kind))
				eventually(t, func() bool { return callLib(t, lib, "Ticks").(int64) >= 8 }, "all are there")
				r := closes(t, lib)
				assert.GreaterOrEqual(t, r.Resource(host.Threads).Found, 8)
			})
		}
	}
}

// So are callers of a library that crashes; one that holds a lock of libc's comes out by
// itself.
func TestCallersInWaitsOfC(t *testing.T) {
	plainOnly(t)
	for _, kind := range []string{"wait", "locked"} {
		lib := openLib(t, "cthreads")
		done := make(chan error)
		go func() {
			_, err := lib.Call(bg, "Try", kind)
			done <- err
		}()
		eventually(t, func() bool { return lib.InFlight() > 0 }, "it is inside")
		require.ErrorIs(t, drill(t, lib, "throw"), host.ErrCrashed)
		if err := <-done; kind == "wait" {
			require.ErrorIs(t, err, host.ErrCrashed)
		}
		closed(t, lib)
	}
	lib := openLib(t, "cthreads") // it needs the lock of standard output, too
	assert.Zero(t, callLib(t, lib, "Try", "locked"))
	closed(t, lib)
}

// A child of C code is no host's: threads, memory and signals there are its own, its faults
// end it, and nothing of what it does is taken for the library's.
func TestChildrenOfC(t *testing.T) {
	plainOnly(t)
	needUnload(t)
	path := libtest.Build(t, "cthreads", "1")
	requireNothingLeft(t)(must(host.Open(bg, path))(t).Close(bg))
	before := openFiles(t)
	for _, kind := range []string{"fork", "vfork", "child of clone", "forkpty", "fault"} {
		lib := must(host.Open(bg, path))(t)
		assert.Zero(t, callLib(t, lib, "Try", kind), "%s: the line in children.c", kind)
		closed(t, lib)
		require.Equal(t, before, openFiles(t), kind)
	}
}
