package contracttest

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
	"github.com/hotso/hotso/testdata/contracts/shapes"
)

func newShapes(t *testing.T, path string, opts ...host.Option) (*host.Slot, shapes.Shapes) {
	t.Helper()
	slot := newSlot(t, opts...)
	s, err := shapes.Bind(slot)
	require.NoError(t, err)
	_, err = slot.Swap(t.Context(), path)
	require.NoError(t, err)
	return slot, s
}

// A function of the caller's that panics is an error of the library's call, on any goroutine.
func TestPanicsOfTheCallersCode(t *testing.T) {
	_, s := newShapes(t, libtest.Build(t, "shapes", "1"))
	for _, m := range given {
		t.Run(m.name, func(t *testing.T) {
			for _, ctx := range []context.Context{context.Background(), t.Context()} {
				err := m.call(ctx, s, func() { panic("of the caller's") })
				require.ErrorContains(t, err, "panicked: of the caller's")
				require.ErrorIs(t, err, host.ErrCall)
			}
		})
	}
}

// What ends its goroutine, as a failed test does, is an error of the library's call, where that
// goroutine is not the caller's.
func TestGoexitOfTheCallersCode(t *testing.T) {
	_, s := newShapes(t, libtest.Build(t, "shapes", "1"))
	for _, m := range []meeting{interfaceMeeting, sequenceMeeting} {
		for _, ctx := range []context.Context{context.Background(), t.Context()} {
			err := m.call(ctx, s, runtime.Goexit)
			require.ErrorIs(t, err, host.ErrCall)
			require.ErrorContains(t, err, "runtime.Goexit")
		}
	}
}

// Where it is, or does the caller's work, the call never leaves, and nobody waits for it. Its
// version stays, so this is for a process of its own.
func TestGoexitOfACall(t *testing.T) {
	const alone = "HOTSO_TEST_GOEXIT"
	path := os.Getenv(alone)
	if path == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
		cmd.Env = append(os.Environ(), alone+"="+libtest.Build(t, "shapes", "1"), "TMPDIR="+t.TempDir())
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		require.Contains(t, string(out), alone)
		return
	}
	slot, s := newShapes(t, path, host.DrainTimeout(20*time.Millisecond))
	calls := make(chan error, 1)
	go func() {
		defer close(calls)
		calls <- functionMeeting.call(context.Background(), s, runtime.Goexit)
	}()
	require.NoError(t, <-calls, "the caller's goroutine has ended")
	err := functionMeeting.call(t.Context(), s, runtime.Goexit)
	require.ErrorIs(t, err, host.ErrHung)
	require.ErrorContains(t, err, "runtime.Goexit")
	_, err = s.Later("fine")
	require.NoError(t, err)
	_, err = slot.Close(context.Background())
	require.ErrorIs(t, err, host.ErrBusy)
	if !t.Failed() {
		fmt.Println(alone)
		os.Exit(0)
	}
}

// A function may swap the versions: the old one goes when the call is over.
func TestSwapsByTheCallersCode(t *testing.T) {
	path, next := libtest.Build(t, "shapes", "1"), libtest.Build(t, "shapes", "2")
	for _, m := range meetings {
		t.Run(m.name, func(t *testing.T) {
			slot, s := newShapes(t, path, host.DrainTimeout(20*time.Millisecond))
			old := slot.Current()
			swap := func() {
				_, err := slot.Swap(context.Background(), next)
				assert.ErrorIs(t, err, host.ErrBusy, "it waits for this call, and no longer")
				later, err := s.Later("this")
				assert.NoError(t, err)
				assert.Equal(t, "this of v2", later)
			}
			require.NoError(t, m.call(t.Context(), s, swap))
			require.Eventually(t, func() bool { return old.State() == host.Unloaded }, patience, time.Millisecond)
		})
	}
}

// What blocks for ever in the caller's code keeps the version, and nothing else.
func TestBlockedCallersCode(t *testing.T) {
	path, next := libtest.Build(t, "shapes", "1"), libtest.Build(t, "shapes", "2")
	blocked := func(m meeting, ended error, opts ...host.Option) {
		t.Run(m.name, func(t *testing.T) {
			slot, s := newShapes(t, path, append(opts, host.DrainTimeout(20*time.Millisecond))...)
			old := slot.Current()
			begun, goOn := make(chan struct{}), make(chan struct{})
			answer := make(chan error, 1)
			go func() { answer <- m.call(context.Background(), s, func() { close(begun); <-goOn }) }()
			<-begun
			_, err := slot.Swap(t.Context(), next)
			require.ErrorIs(t, err, host.ErrBusy)
			later, err := s.Later("this")
			require.NoError(t, err)
			assert.Equal(t, "this of v2", later)
			close(goOn)
			require.ErrorIs(t, <-answer, ended)
			require.Eventually(t, func() bool { return old.State() == host.Unloaded }, patience, time.Millisecond)
		})
	}
	for _, m := range given {
		blocked(m, nil)
	}
	blocked(functionMeeting, host.ErrCrashed, host.ForceUnload())
	blocked(interfaceMeeting, host.ErrCrashed, host.ForceUnload())
}

// What a caller has passed is its own again when it has left: what is under way ends, and
// there is no next time.
func TestCallersCodeOfACallThatWasLeftBehind(t *testing.T) {
	slot, s := newShapes(t, libtest.Build(t, "shapes", "1"), host.CallTimeout(20*time.Millisecond))
	for _, m := range []meeting{functionMeeting, interfaceMeeting, readerMeeting, writerMeeting} {
		t.Run(m.name, func(t *testing.T) {
			left := make(chan struct{})
			require.ErrorIs(t, m.call(t.Context(), s, func() { <-left }), host.ErrHung)
			close(left)
			require.Eventually(t, func() bool { return slot.Current().InFlight() == 0 }, patience, time.Millisecond)
		})
	}
	left, ended := make(chan struct{}), make(chan struct{})
	_, err := s.Sum(func(yield func(shapes.Point, error) bool) {
		defer close(ended)
		<-left
		for yield(shapes.Point{}, nil) {
		}
	}, false)
	require.ErrorIs(t, err, host.ErrHung)
	close(left)
	<-ended
	require.Eventually(t, func() bool { return slot.Current().InFlight() == 0 }, patience, time.Millisecond)
}

// A reader that nobody refers to keeps no version.
func TestForgottenReaders(t *testing.T) {
	slot, s := newShapes(t, libtest.Build(t, "shapes", "1"))
	for _, n := range []int{0, 10} {
		r, err := s.Read(context.Background(), 1<<20, "")
		require.NoError(t, err)
		_, err = io.ReadFull(r, make([]byte, n))
		require.NoError(t, err)
		assert.EqualValues(t, 1, slot.Current().InFlight())
		r = nil
		collectUntil(t, func() bool { return slot.Current().InFlight() == 0 })
	}
}

// A reader is one for any thread.
func TestReadersOnLockedThreads(t *testing.T) {
	_, s := newShapes(t, libtest.Build(t, "shapes", "1"))
	for range 2 {
		r, err := s.Read(t.Context(), 100_000, "")
		require.NoError(t, err)
		_, err = r.Read(make([]byte, 10))
		require.NoError(t, err)
		var reader sync.WaitGroup
		reader.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			rest, err := io.ReadAll(r)
			assert.NoError(t, err)
			assert.Len(t, rest, 100_000-10)
		})
		reader.Wait()
		require.NoError(t, r.Close())
	}
}
