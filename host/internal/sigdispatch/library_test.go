//go:build linux && (amd64 || arm64)

package sigdispatch

import (
	"os"
	"runtime"
	"sync/atomic"
	"testing"
	"unsafe"

	"github.com/ebitengine/purego"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/sigdispatch/sigtest"
	"github.com/hotso/hotso/host/internal/tls"
)

// The main goroutine keeps the main thread, which can't exit: the others, on
// which tests run, can.
func init() { runtime.LockOSThread() }

var carrier *tls.Carrier

func TestMain(m *testing.M) {
	var err error
	if carrier, err = tls.Open(pureLoader{}); err != nil {
		panic(err)
	}
	if name := os.Getenv(childEnv); name != "" {
		os.Exit(runChild(name))
	}
	if err := Install(); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

type pureLoader struct{}

func (pureLoader) Open(path string) (uintptr, error) {
	return purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
}

func (pureLoader) Sym(handle uintptr, name string) (uintptr, error) {
	return purego.Dlsym(handle, name)
}

// A record is the shim's part of a TLS slot, in one thread.
type record struct {
	owner  uint64
	depth  uint32
	_      [abi.RecordMissed - 12]byte
	missed uint64
}

// A library is an entry that looks like a loaded library's: its handlers count,
// and its text is sigtest.Fault.
type library struct {
	*Entry
	slot tls.Slot
}

var lastOwner atomic.Uint64

// newLibrary locks the test to its thread.
func newLibrary(t require.TestingT) (l library, release func()) {
	runtime.LockOSThread()
	slot, err := carrier.Acquire()
	require.NoError(t, err)
	l = library{slot: slot}
	l.Entry = Take(slot.Index(), lastOwner.Add(1), slot.Offset()+abi.SlotRecord)
	l.SetText(sigtest.Text())
	for i := range l.handlers {
		l.handlers[i].Store(sigtest.LibraryHandler())
	}
	l.keyDtor.Store(sigtest.Destructor())
	return l, func() {
		*l.record() = record{}
		l.Entry.Release()
		slot.Release()
		runtime.UnlockOSThread()
	}
}

func fakeLibrary(t *testing.T) library {
	l, release := newLibrary(t)
	t.Cleanup(release)
	return l
}

// recordAddr is the address of the library's record in the calling thread.
func (l library) recordAddr() uintptr {
	return sigtest.ThreadPointer() + uintptr(l.slot.Offset()+abi.SlotRecord)
}

func (l library) record() *record {
	addr := l.recordAddr()
	return *(**record)(unsafe.Pointer(&addr))
}

// enter makes the calling thread look as if it were inside the library.
func (l library) enter() { *l.record() = record{owner: l.Owner(), depth: 1} }

// raise sends a signal to the calling thread; it has been handled on return.
func raise(t require.TestingT, sig unix.Signal) {
	require.NoError(t, unix.Tgkill(unix.Getpid(), unix.Gettid(), sig))
}
