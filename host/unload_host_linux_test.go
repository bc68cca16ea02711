package host_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
	"github.com/hotso/hotso/host/internal/proc"
)

// The host stays whole while libraries come, are there, and go.

// hostNil makes the host dereference a nil pointer and recover.
func hostNil() (err any) {
	defer func() { err = recover() }()
	var p *int64
	hostSink.Store(*p)
	return nil
}

var hostSink atomic.Int64

// hostSpin calls nothing, so that only a signal stops it. The race detector's
// atomic operations are calls into C; between two of them it can be stopped.
//
//go:noinline
func hostSpin(stop *atomic.Bool) {
	for n := int64(1); !stop.Load(); {
		for range 1 << 20 {
			n = n*6364136223846793005 + 1442695040888963407
		}
		hostSink.Store(n)
	}
}

// reloads makes n versions of the library at path serve, one after the other,
// and calls between after each.
func reloads(t *testing.T, path string, n int, between func(*host.Slot)) {
	t.Helper()
	slot := host.NewSlot("")
	for range n {
		_, err := slot.Swap(t.Context(), path)
		require.NoError(t, err)
		between(slot)
	}
	_, err := slot.Close(t.Context())
	require.NoError(t, err)
}

func TestHostIsPreempted(t *testing.T) {
	needUnload(t)
	var stop atomic.Bool
	var spinning sync.WaitGroup
	spinning.Go(func() { hostSpin(&stop) })
	defer func() { stop.Store(true); spinning.Wait() }()
	collect := func() { // returns only when the loop was stopped
		for range 3 {
			runtime.GC()
		}
	}
	greeter := libtest.Greeter(t, "1")
	var libs []*host.Library
	for range 3 {
		libs = append(libs, openLib(t, "busy"))
		collect()
	}
	callLib(t, libs[0], "Spin", 1)
	reloads(t, greeter, 20, func(*host.Slot) { collect() })
	for _, lib := range libs {
		_, err := lib.Close(t.Context())
		require.NoError(t, err)
		collect()
	}
}

func TestHostRecoversNilPointers(t *testing.T) {
	needUnload(t)
	n := 100
	if os.Getenv("HOTSO_SOAK") != "" { // make soak
		n = 2000
	}
	path := libtest.Build(t, "busy", "1")
	draining, err := host.Open(t.Context(), path)
	require.NoError(t, err)
	reloads(t, path, n, func(slot *host.Slot) {
		require.ErrorContains(t, hostNil().(error), "nil pointer")
		r, err := slot.Call(t.Context(), "Nil")
		require.NoError(t, err)
		require.EqualValues(t, 1, r.Value)
		require.EqualValues(t, 1, callLib(t, draining, "Nil"))
	})
	_, err = draining.Close(t.Context())
	require.NoError(t, err)
	require.ErrorContains(t, hostNil().(error), "nil pointer")
}

func TestHostProfile(t *testing.T) {
	needUnload(t)
	path := libtest.Build(t, "busy", "1")
	var profile bytes.Buffer
	require.NoError(t, pprof.StartCPUProfile(&profile))
	var stop atomic.Bool
	var spinning sync.WaitGroup
	spinning.Go(func() { hostSpin(&stop) })
	reloads(t, path, 20, func(slot *host.Slot) {
		_, err := slot.Call(t.Context(), "Spin", 1)
		require.NoError(t, err)
	})
	stop.Store(true)
	spinning.Wait()
	pprof.StopCPUProfile()
	r, err := gzip.NewReader(&profile)
	require.NoError(t, err)
	content, err := io.ReadAll(r)
	require.NoError(t, err)
	assert.Contains(t, string(content), "host_test.hostSpin")
}

// Signals are the host's, whichever thread the kernel delivers them to.
func TestHostSignals(t *testing.T) {
	c := make(chan os.Signal, 100)
	signal.Notify(c, unix.SIGTERM, unix.SIGUSR1)
	defer signal.Stop(c)
	lib := openLib(t, "busy")
	callLib(t, lib, "Notify", int64(unix.SIGTERM))
	callLib(t, lib, "Notify", int64(unix.SIGUSR1))
	callLib(t, lib, "Lock", 5)

	require.NoError(t, unix.Kill(unix.Getpid(), unix.SIGUSR1))
	assert.Equal(t, unix.SIGUSR1, <-c)
	threads, err := proc.Threads()
	require.NoError(t, err)
	for _, id := range threads {
		if unix.Tgkill(unix.Getpid(), id, unix.SIGTERM) == nil { // else it has ended
			assert.Equal(t, unix.SIGTERM, <-c)
		}
	}
	assert.EqualValues(t, 0, callLib(t, lib, "Notified"), "a library receives no signal")
	_, err = lib.Close(t.Context())
	require.NoError(t, err)
	require.NoError(t, unix.Kill(unix.Getpid(), unix.SIGTERM))
	assert.Equal(t, unix.SIGTERM, <-c)
}

// Threads of the host that were inside a library end while it is unloaded: the
// destructors that its runtime registered must not be called when it is gone.
func TestHostThreadsComeAndGo(t *testing.T) {
	before := takeFootprint(t)
	slot := host.NewSlot("busy")
	path := libtest.Build(t, "busy", "1")
	_, err := slot.Swap(t.Context(), path)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	var threads sync.WaitGroup
	var ended atomic.Int64
	for range 4 {
		threads.Go(func() {
			for ctx.Err() == nil {
				done := make(chan bool)
				go func() {
					defer close(done)
					runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
					_, err := slot.Call(context.Background(), "Work")
					assert.NoError(t, err)
					ended.Add(1)
				}()
				<-done
				// Otherwise the two wake each other in turns, each in the time slice of
				// the other, and the one that swaps waits for seconds.
				runtime.Gosched()
			}
		})
	}
	for range 40 {
		seen := ended.Load()
		eventually(t, func() bool { return ended.Load() > seen+5 }, "threads end")
		swap, err := slot.Swap(t.Context(), path)
		require.NoError(t, err)
		require.Equal(t, host.Unloaded, swap.Old.State)
	}
	cancel()
	threads.Wait()
	r, err := slot.Close(t.Context())
	require.NoError(t, err)
	requireGone(t, r, before)
}

// A host without cgo and a PIE host are other programs.
func TestOtherHosts(t *testing.T) {
	plainOnly(t)
	needUnload(t)
	path := libtest.Build(t, "busy", "1")
	for name, args := range map[string][]string{
		// With -trimpath they share what was compiled for libraries, which is independent of its position, too.
		"pie":       {"-buildmode=pie", "-trimpath"},
		"pie, cgo":  {"-buildmode=pie", "-trimpath", "cgo"},
		"cgo":       {"cgo"},
		"race, cgo": {"-race", "cgo"},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := buildHost(t, args, path)
			require.NoError(t, err, "%s", out)
			assert.Equal(t, "5 unloaded\n", string(out))
		})
	}
}
