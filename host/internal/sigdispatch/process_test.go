//go:build linux && (amd64 || arm64)

package sigdispatch

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/pprof"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/host/internal/sigdispatch/sigtest"
)

// These tests use real signals.

var sink atomic.Int64

func nilPointer() (recovered any) {
	defer func() { recovered = recover() }()
	var p *int
	sink.Store(int64(*p))
	return nil
}

func faultInLibrary() (recovered any) {
	defer func() { recovered = recover() }()
	sigtest.Fault()
	return nil
}

func TestNilPointerOfTheHost(t *testing.T) {
	l := fakeLibrary(t)
	before := sigtest.LibraryCalls(int(unix.SIGSEGV))
	assert.ErrorContains(t, nilPointer().(error), "nil pointer")
	l.enter()
	assert.ErrorContains(t, nilPointer().(error), "nil pointer", "in a callback to the host")
	assert.Equal(t, before, sigtest.LibraryCalls(int(unix.SIGSEGV)))
}

func TestFaultOfALibrary(t *testing.T) {
	l := fakeLibrary(t)
	calls := func() uint64 { return sigtest.LibraryCalls(int(unix.SIGSEGV)) }
	before := calls()
	assert.ErrorContains(t, faultInLibrary().(error), "nil pointer", "outside")
	*l.record() = record{owner: l.Owner() + 1000, depth: 1}
	assert.ErrorContains(t, faultInLibrary().(error), "nil pointer", "of another load")
	assert.Equal(t, before, calls())

	l.enter()
	assert.Nil(t, faultInLibrary())
	assert.Equal(t, before+1, calls())
}

// Entries with the same text come and go meanwhile: a match on PC ranges alone
// would send some of these faults astray.
func TestFaultsWhileTheTableChanges(t *testing.T) {
	l := fakeLibrary(t)
	var stop atomic.Bool
	done := make(chan bool)
	go func() {
		defer close(done)
		for !stop.Load() {
			_, release := newLibrary(t)
			release()
		}
	}()
	before := sigtest.LibraryCalls(int(unix.SIGSEGV))
	const rounds = 2000
	for range rounds {
		l.enter()
		require.Nil(t, faultInLibrary())
		*l.record() = record{}
		require.Error(t, faultInLibrary().(error))
	}
	stop.Store(true)
	<-done
	assert.Equal(t, before+rounds, sigtest.LibraryCalls(int(unix.SIGSEGV)))
}

func TestSharedSignalReachesBoth(t *testing.T) {
	l := fakeLibrary(t)
	c := make(chan os.Signal, 1)
	signal.Notify(c, unix.SIGURG)
	defer signal.Stop(c)
	calls := func() uint64 { return sigtest.LibraryCalls(int(unix.SIGURG)) }

	before := calls()
	raise(t, unix.SIGURG)
	assert.Equal(t, unix.SIGURG, <-c)
	assert.Equal(t, before, calls(), "outside")

	l.enter()
	raise(t, unix.SIGURG)
	assert.Equal(t, unix.SIGURG, <-c)
	assert.Greater(t, calls(), before, "inside")
}

func TestNotifyOfPIPE(t *testing.T) {
	l := fakeLibrary(t)
	l.enter()
	c := make(chan os.Signal, 1)
	signal.Notify(c, unix.SIGPIPE)
	defer signal.Stop(c)
	raise(t, unix.SIGPIPE)
	assert.Equal(t, unix.SIGPIPE, <-c)
}

// spin runs without a call until stop, so only a signal preempts it.
//
//go:noinline
func spin(stop *atomic.Bool) {
	for !stop.Load() {
	}
}

func TestPreemption(t *testing.T) {
	for name, enter := range map[string]bool{"outside": false, "inside": true} {
		t.Run(name, func(t *testing.T) {
			l := fakeLibrary(t)
			before := sigtest.LibraryCalls(int(unix.SIGURG))
			var stop atomic.Bool
			started, done := make(chan bool), make(chan bool)
			go func() {
				defer close(done)
				runtime.LockOSThread()
				defer runtime.UnlockOSThread()
				if enter {
					l.enter()
				}
				close(started)
				spin(&stop)
				*l.record() = record{}
			}()
			<-started
			for range 3 {
				runtime.GC() // returns only when the loop was stopped
			}
			stop.Store(true)
			<-done
			assert.Equal(t, enter, sigtest.LibraryCalls(int(unix.SIGURG)) > before)
		})
	}
}

// burn spends its time in Go code, also under the race detector, whose atomic
// operations are C.
//
//go:noinline
func burn(stop *atomic.Bool) {
	n := int64(1)
	for !stop.Load() {
		for range 1 << 16 {
			n = n*6364136223846793005 + 1442695040888963407
		}
	}
	sink.Store(n)
}

func TestProfile(t *testing.T) {
	l := fakeLibrary(t)
	calls := func() uint64 { return sigtest.LibraryCalls(int(unix.SIGPROF)) }
	before := calls()
	var profile bytes.Buffer
	require.NoError(t, pprof.StartCPUProfile(&profile))
	var stop atomic.Bool
	done := make(chan bool)
	go func() {
		defer close(done)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		l.enter()
		burn(&stop)
		*l.record() = record{}
	}()
	assert.Eventually(t, func() bool { return calls() >= before+5 }, time.Minute, time.Millisecond)
	stop.Store(true)
	<-done
	pprof.StopCPUProfile()

	r, err := gzip.NewReader(&profile)
	require.NoError(t, err)
	content, err := io.ReadAll(r)
	require.NoError(t, err)
	assert.Contains(t, string(content), "sigdispatch.burn", "the host's profile")
}
