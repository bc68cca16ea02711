package host_test

import (
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// A caller that the library called back is in the host's code: it is freed when
// it comes back, not before, and nothing of the host's is skipped.
func TestCrashWhileACallerIsInACallback(t *testing.T) {
	lib := must(host.Open(bg, libtest.Build(t, "crash", "1")))(t)
	v := newVictim(t, lib)
	call := must(host.Func1[uint64, host.None](lib, "Callback"))(t)
	release := make(chan struct{})
	returned := false
	wait := v.within(1, func() error {
		_, err := call(bg, callback(func() {
			<-release
			returned = true
		}))
		return err
	})
	crashed(t, v.crash("panic"), "1")
	assert.Equal(t, int64(1), lib.InFlight())
	close(release)
	wait()
	assert.True(t, returned)
	requireNothingLeft(t)(lib.Close(bg))
}

// A caller calls again from a callback, and the library crashes in there: the
// inner call ends, the callback goes on, then the outer call ends.
func TestCrashInACallOfACallback(t *testing.T) {
	lib := must(host.Open(bg, libtest.Build(t, "crash", "1")))(t)
	v := newVictim(t, lib)
	call := must(host.Func1[uint64, host.None](lib, "Callback"))(t)
	goesOn := 0
	var again func(depth int) func()
	again = func(depth int) func() {
		return func() {
			if depth == 0 {
				c := crashed(t, v.crash("panic"), "1")
				// Otherwise a function around the callback could recover it.
				assert.Contains(t, c.Message, "panic out of a function that the host called from a callback")
			} else {
				_, err := call(bg, callback(again(depth-1)))
				assert.ErrorIs(t, err, host.ErrCrashed)
			}
			goesOn++
		}
	}
	_, err := call(bg, callback(again(3)))
	crashed(t, err, "1")
	assert.Equal(t, 4, goesOn)
	requireNothingLeft(t)(lib.Close(bg))
}

// Callers go in and out of callbacks that call again while the library dies: no
// frame of the host's may be skipped at any instruction of it.
func TestCrashAroundCallbacks(t *testing.T) {
	v1 := libtest.Build(t, "crash", "1")
	slot := newSlot(t, "crash", []string{v1}, forever(t)...)
	v := newVictim(t, slot)
	call := must(host.Func1[uint64, host.None](slot, "Callback"))(t)
	var entered, left int
	inner := callback(func() {
		entered++
		_ = v.add()
		left++
	})
	stop := make(chan struct{})
	var caller sync.WaitGroup
	caller.Go(func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		for {
			select {
			case <-stop:
				return
			default:
				if _, err := call(bg, inner); err != nil {
					assert.ErrorIs(t, err, host.ErrCrashed)
				}
				assert.Equal(t, entered, left)
			}
		}
	})
	for range 20 {
		crashed(t, v.crash("panic"), "1")
	}
	close(stop)
	caller.Wait()
}

// Threads that are in the C library may hold its locks. They are freed between
// two calls to it, and malloc works afterwards.
func TestCrashWhileCallersAreInMalloc(t *testing.T) {
	v1, v2 := libtest.Build(t, "crash", "1"), libtest.Build(t, "crash", "2")
	slot := newSlot(t, "crash", []string{v1, v2}, forever(t)...)
	v := newVictim(t, slot)
	malloc := must(host.Func0[host.None](slot, "Malloc"))(t)
	for range 5 {
		wait := v.within(2, func() error { _, err := malloc(bg); return err })
		crashed(t, v.crash("panic"), slot.Current().Version())
		wait()
	}
	wait := v.within(2, func() error { _, err := malloc(bg); return err })
	host.KillForTest(slot.Current())
	wait()
}

// The host's goroutines that are bound to their threads go on with them.
func TestCrashUnderLockedThreads(t *testing.T) {
	slot := newSlot(t, "crash", []string{libtest.Build(t, "crash", "1")}, forever(t)...)
	v := newVictim(t, slot)
	for range 3 {
		wait := v.within(2, func() error {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			err := v.sleep()
			assert.NoError(t, v.add(), "the thread can call the next version")
			return err
		})
		crashed(t, v.crash("locked"), "1")
		wait()
	}
}

// Two libraries crash at the same time, each with callers inside.
func TestTwoLibrariesCrashAtOnce(t *testing.T) {
	path := libtest.Build(t, "crash", "1")
	victims := []*victim{
		newVictim(t, newSlot(t, "crash", []string{path}, forever(t)...)),
		newVictim(t, newSlot(t, "crash", []string{path}, forever(t)...)),
	}
	for range 5 {
		var both sync.WaitGroup
		start := make(chan struct{})
		for _, v := range victims {
			wait := v.within(2, v.sleep)
			both.Go(func() {
				<-start
				crashed(t, v.crash("goroutine"), "1")
				wait()
				assert.NoError(t, v.add())
			})
		}
		close(start)
		both.Wait()
	}
}

// The caller of one library is inside another one by a callback. The first
// crashes, then the second; each frees its own call.
func TestCrashUnderAnotherLibrary(t *testing.T) {
	path := libtest.Build(t, "crash", "1")
	outer := must(host.Open(bg, path))(t)
	inner := must(host.Open(bg, path))(t)
	out, in := newVictim(t, outer), newVictim(t, inner)
	call := must(host.Func1[uint64, host.None](outer, "Callback"))(t)
	back := false
	waitOuter := out.within(1, func() error {
		_, err := call(bg, callback(func() {
			assert.ErrorIs(t, in.sleep(), host.ErrCrashed)
			back = true
		}))
		return err
	})
	require.Eventually(t, func() bool { return in.inside() == 1 }, patience, poll)
	crashed(t, out.crash("panic"), "1")
	require.NoError(t, in.add(), "the inner library lives")
	assert.Equal(t, int64(1), outer.InFlight())
	crashed(t, in.crash("panic"), "1")
	waitOuter()
	assert.True(t, back)
	requireNothingLeft(t)(outer.Close(bg))
	requireNothingLeft(t)(inner.Close(bg))
}

// Meanwhile the host's garbage collector stops the world again and again.
func TestCrashWhileTheHostCollects(t *testing.T) {
	slot := newSlot(t, "crash", []string{libtest.Build(t, "crash", "1")}, forever(t)...)
	v := newVictim(t, slot)
	stop := make(chan struct{})
	var collector sync.WaitGroup
	collector.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				runtime.GC()
			}
		}
	})
	for _, kind := range []string{"panic", "goroutine", "exit", "throw", "overflow"} {
		wait := v.within(4, v.sleep)
		crashed(t, v.crash(kind), "1")
		wait()
		assert.NoError(t, v.add())
	}
	close(stop)
	collector.Wait()
}
