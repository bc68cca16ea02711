//go:build linux && (amd64 || arm64)

package sigdispatch

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ebitengine/purego"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/sigdispatch/sigtest"
)

// exitThread calls the entry's key stub as an exiting thread does. It returns
// how often the library's destructor was called.
func (l library) exitThread(t *testing.T) uint64 {
	t.Helper()
	sigtest.WatchRecord(l.recordAddr())
	before := sigtest.DestructorCalls()
	assert.True(t, sigtest.Call(l.KeyStub(), l.Addr(), 0, 0), "callee-saved registers")
	assert.Zero(t, sigtest.Misaligned(), "stack alignment")
	assert.Zero(t, l.Exiting())
	return sigtest.DestructorCalls() - before
}

func TestKeyStub(t *testing.T) {
	l := fakeLibrary(t)
	*l.record() = record{owner: l.Owner()}

	require.EqualValues(t, 1, l.exitThread(t))
	value, depth := sigtest.DestructorSaw()
	assert.Equal(t, l.Addr(), uintptr(value))
	assert.EqualValues(t, 1, depth, "the thread is inside the library meanwhile")
	assert.Zero(t, l.record().depth)
}

func TestKeyStubOfEverySlot(t *testing.T) {
	for range carrier.Slots() {
		l := fakeLibrary(t)
		assert.Zero(t, l.exitThread(t))
		*l.record() = record{owner: l.Owner()}
		assert.EqualValues(t, 1, l.exitThread(t), "entry %d", l.slot.Index())
	}
}

func TestKeyStubKeepsOut(t *testing.T) {
	l := fakeLibrary(t)

	*l.record() = record{owner: l.Owner() + 1000}
	assert.Zero(t, l.exitThread(t), "the thread's g is another load's")
	*l.record() = record{}
	assert.Zero(t, l.exitThread(t), "the thread never was inside")

	*l.record() = record{owner: l.Owner()}
	l.keyDtor.Store(0)
	assert.Zero(t, l.exitThread(t), "there is no destructor")
	l.keyDtor.Store(sigtest.Destructor())
	require.EqualValues(t, 1, l.exitThread(t))

	l.SetDying()
	assert.Zero(t, l.exitThread(t), "the library is dying")
	l.state.Store(abi.EntryFree)
	assert.Zero(t, l.exitThread(t), "the library is gone")
}

// The handshake of SetDying: once nobody is exiting, nobody enters any more.
func TestKeyStubWhileDying(t *testing.T) {
	l := fakeLibrary(t)
	sigtest.WatchRecord(l.recordAddr())
	var stop atomic.Bool
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			*l.record() = record{owner: l.Owner()}
			for !stop.Load() {
				sigtest.Call(l.KeyStub(), l.Addr(), 0, 0)
			}
			*l.record() = record{}
		})
	}
	for range 100 {
		before := sigtest.DestructorCalls()
		l.state.Store(abi.EntryLive)
		for sigtest.DestructorCalls() == before {
			runtime.Gosched()
		}
		l.SetDying()
		for l.Exiting() != 0 {
			runtime.Gosched()
		}
		quiet := sigtest.DestructorCalls()
		for range 1000 {
			if !assert.Equal(t, quiet, sigtest.DestructorCalls()) {
				break
			}
		}
	}
	stop.Store(true)
	wg.Wait()
	assert.Zero(t, l.Exiting())
}

// A real thread exits with the entry under a real key.
func TestKeyStubAtThreadExit(t *testing.T) {
	l := fakeLibrary(t)
	var keyCreate func(key *uint32, destructor uintptr) int32
	var setSpecific func(key uint32, value uintptr) int32
	var keyDelete func(key uint32) int32
	purego.RegisterLibFunc(&keyCreate, purego.RTLD_DEFAULT, "pthread_key_create")
	purego.RegisterLibFunc(&setSpecific, purego.RTLD_DEFAULT, "pthread_setspecific")
	purego.RegisterLibFunc(&keyDelete, purego.RTLD_DEFAULT, "pthread_key_delete")
	var key uint32
	require.Zero(t, keyCreate(&key, l.KeyStub()))
	defer keyDelete(key)

	before := sigtest.DestructorCalls()
	go func() {
		runtime.LockOSThread() // and never unlock: the thread exits with the goroutine
		sigtest.WatchRecord(l.recordAddr())
		*l.record() = record{owner: l.Owner()}
		setSpecific(key, l.Addr())
	}()
	require.Eventually(t, func() bool { return sigtest.DestructorCalls() > before && l.Exiting() == 0 },
		time.Minute, time.Millisecond)
	value, depth := sigtest.DestructorSaw()
	assert.EqualValues(t, l.Addr(), value)
	assert.EqualValues(t, 1, depth)
}
