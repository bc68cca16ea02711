//go:build amd64 || arm64

package tls

import (
	"errors"
	"os"
	"runtime"
	"sync"
	"testing"
	"unsafe"

	"github.com/ebitengine/purego"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/sigdispatch/sigtest"
)

type pureLoader struct{}

func (pureLoader) Open(path string) (uintptr, error) {
	return purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
}

func (pureLoader) Sym(handle uintptr, name string) (uintptr, error) {
	return purego.Dlsym(handle, name)
}

var fakeWord int64 = -4096

// A fakeLoader fails as many opens as failures says.
type fakeLoader struct {
	failures        int
	openErr, symErr error
	opened          int
}

func (l *fakeLoader) Open(string) (uintptr, error) {
	l.opened++
	if l.opened <= l.failures {
		return 0, l.openErr
	}
	return 1, nil
}

func (l *fakeLoader) Sym(uintptr, string) (uintptr, error) {
	return uintptr(unsafe.Pointer(&fakeWord)), l.symErr
}

// slotIn returns the calling thread's copy of a slot.
func slotIn(s Slot) *[abi.SlotSize]byte {
	addr := sigtest.ThreadPointer() + uintptr(s.Offset())
	return *(**[abi.SlotSize]byte)(unsafe.Pointer(&addr))
}

func onOtherThread(f func()) {
	done := make(chan bool)
	go func() {
		defer close(done)
		runtime.LockOSThread() // the caller is locked to its own
		f()
	}()
	<-done
}

func openFiles(t *testing.T) int {
	files, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	return len(files)
}

// Each object takes static TLS for good, so the tests share one.
var shared = sync.OnceValues(func() (*Carrier, error) { return openObject(pureLoader{}) })

// A program without cgo has the slots in its own TLS, if the toolchain lays that out as
// is known.
func TestRoom(t *testing.T) {
	_, ok := room()
	require.Equal(t, !usesCgo, ok)
	if !ok {
		return
	}
	for range 2 {
		c, err := Open(nil) // it needs no object
		require.NoError(t, err)
		assert.Equal(t, abi.MaxSlots, c.Slots())
		testCarrier(t, c)
	}
}

func TestOpenObject(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := openFiles(t)
	c, err := shared()
	require.NoError(t, err)
	assert.Equal(t, before, openFiles(t), "the carrier's descriptor is closed")
	assert.GreaterOrEqual(t, c.Slots(), 16)
	testCarrier(t, c)
}

func testCarrier(t *testing.T, c *Carrier) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	assert.Equal(t, runtime.GOARCH == "amd64", c.offset < 0)

	var slots []Slot
	for range c.Slots() {
		s, err := c.Acquire()
		require.NoError(t, err)
		defer s.Release()
		slots = append(slots, s)
	}
	fill := func(first, step byte) {
		for i, s := range slots {
			for j := range slotIn(s) {
				slotIn(s)[j] = first + step*byte(i) // and the runtime's g stays what it is
			}
		}
	}
	check := func(first, step byte) {
		for i, s := range slots {
			for _, b := range slotIn(s) {
				assert.Equal(t, first+step*byte(i), b)
			}
		}
	}
	check(0, 0)
	fill(1, 1)
	onOtherThread(func() {
		check(0, 0)
		fill(100, 1)
		check(100, 1)
		fill(0, 0)
	})
	check(1, 1)
	fill(0, 0) // for the next test on this thread
}

// What the real dynamic linker says when no static TLS is left.
func TestOpenUntilFull(t *testing.T) {
	runtime.LockOSThread() // dlerror tells only the thread that called dlopen
	defer runtime.UnlockOSThread()
	_, err := shared()
	require.NoError(t, err)
	for range 100 {
		if _, err = openObject(pureLoader{}); err != nil {
			break
		}
	}
	require.ErrorIs(t, err, ErrNoStaticTLS)
	assert.ErrorContains(t, err, "GLIBC_TUNABLES")
}

func TestOpenSmaller(t *testing.T) {
	noSpace := errors.New("cannot allocate memory in static TLS block")
	for failures, slots := range []int{abi.MaxSlots, 128, 64, 32, 16, 8, 4} {
		l := &fakeLoader{failures: failures, openErr: noSpace}
		c, err := openObject(l)
		require.NoError(t, err)
		assert.Equal(t, slots, c.Slots())
		s, err := c.Acquire()
		require.NoError(t, err)
		assert.Equal(t, fakeWord, s.Offset())
	}
	l := &fakeLoader{failures: 7, openErr: noSpace}
	_, err := openObject(l)
	require.ErrorIs(t, err, ErrNoStaticTLS)
	require.ErrorIs(t, err, noSpace)
	assert.Equal(t, 7, l.opened)
}

func TestOpenFails(t *testing.T) {
	failure := errors.New("exec format error")
	l := &fakeLoader{failures: 1, openErr: failure}
	_, err := openObject(l)
	require.ErrorIs(t, err, failure)
	assert.NotErrorIs(t, err, ErrNoStaticTLS)
	assert.Equal(t, 1, l.opened, "another size would not help")

	_, err = openObject(&fakeLoader{symErr: failure})
	require.ErrorIs(t, err, failure)
	assert.ErrorContains(t, err, offsetSymbol)
}

func TestMachineOf(t *testing.T) {
	_, err := machineOf("riscv64")
	require.ErrorIs(t, err, errors.ErrUnsupported)
}

// A library that is opened by the name of the carrier is taken for it: the one that was copied as
// the 31st of a process, while its descriptor had the number of the carrier's.
func TestCarriersHaveNamesOfTheirOwn(t *testing.T) {
	seen := map[string]bool{}
	for attempt := range 10 {
		path := carrierPath(7, attempt+1)
		assert.False(t, seen[path])
		seen[path] = true
		assert.Regexp(t, `^/proc/\d+/fd/(\./)+7$`, path, "those of copies (package private) end with /fd/7")
	}
}
