//go:build linux && (amd64 || arm64)

package sigdispatch

import (
	"encoding/binary"
	"reflect"
	"runtime"
	"strconv"
	"testing"
	"unsafe"

	"github.com/ebitengine/purego"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/sigdispatch/sigtest"
)

// What the kernel would pass. They are globals because they must not move.
var (
	fakeInfo    [128]byte
	fakeContext [1024]byte
)

var (
	contextPC     = map[string]int{"amd64": 168, "arm64": 440}[runtime.GOARCH]
	contextCaller = map[string]int{"amd64": 160, "arm64": 424}[runtime.GOARCH] // stack pointer; link register
)

// testGeneration is the last one, which Install does not reach in these tests.
const testGeneration = generations - 1

// deliver calls the dispatcher as the kernel does, with the code interrupted
// at pc and original as the host's handler. It returns how often the libraries'
// handlers and the host's were called.
func deliver(t *testing.T, sig unix.Signal, pc, original uintptr) (library, host uint64) {
	t.Helper()
	defer withoutPreemption(t)()
	binary.LittleEndian.PutUint64(fakeContext[contextPC:], uint64(pc))
	originals[testGeneration][handlerIndex[sig]].Store(original)
	libraryBefore, hostBefore := sigtest.LibraryCalls(int(sig)), sigtest.HostCalls(int(sig))
	preserved := sigtest.Call(dispatchPC(testGeneration), uintptr(sig),
		uintptr(unsafe.Pointer(&fakeInfo)), uintptr(unsafe.Pointer(&fakeContext)))
	assert.True(t, preserved, "callee-saved registers")
	assert.Zero(t, sigtest.Misaligned(), "stack alignment")
	return sigtest.LibraryCalls(int(sig)) - libraryBefore, sigtest.HostCalls(int(sig)) - hostBefore
}

// withoutPreemption keeps the runtime's own SIGURG from the calling thread, on a busy machine: it counts as well.
func withoutPreemption(t *testing.T) (restore func()) {
	var urg, before unix.Sigset_t
	urg.Val[0] = 1 << (unix.SIGURG - 1)
	require.NoError(t, unix.PthreadSigmask(unix.SIG_BLOCK, &urg, &before))
	return func() { require.NoError(t, unix.PthreadSigmask(unix.SIG_SETMASK, &before, nil)) }
}

func TestRouting(t *testing.T) {
	l := fakeLibrary(t)
	low, high := l.Text()
	own, foreign := l.Owner(), l.Owner()+1000
	faults := []unix.Signal{unix.SIGSEGV, unix.SIGBUS, unix.SIGFPE, unix.SIGPIPE}
	shared := []unix.Signal{unix.SIGURG, unix.SIGPROF}

	for _, test := range []struct {
		name          string
		signals       []unix.Signal
		owner         uint64
		depth         uint32
		pc            uintptr
		library, host uint64
	}{
		{"a fault at the text's first byte", faults, own, 1, low, 1, 0},
		{"a fault at the text's last byte", faults, own, 3, high - 1, 1, 0},
		{"a fault before the text", faults, own, 1, low - 1, 0, 1},
		{"a fault behind the text", faults, own, 1, high, 0, 1},
		{"a fault in the text, but outside the library", faults, own, 0, low, 0, 1},
		{"a fault in the text of an earlier load's thread", faults, foreign, 1, low, 0, 1},
		{"a fault on a thread that never was inside", faults, 0, 0, low, 0, 1},
		{"a shared signal inside, in the text", shared, own, 1, low, 1, 1},
		{"a shared signal inside, elsewhere", shared, own, 1, high, 1, 1},
		{"a shared signal outside", shared, own, 0, low, 0, 1},
		{"a shared signal of an earlier load's thread", shared, foreign, 1, low, 0, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			// A subtest has a thread of its own.
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			*l.record() = record{owner: test.owner, depth: test.depth}
			defer func() { *l.record() = record{} }()
			for _, sig := range test.signals {
				library, host := deliver(t, sig, test.pc, sigtest.HostHandler())
				assert.Equal(t, test.library, library, "calls of the library's handler of %s", unix.SignalName(sig))
				assert.Equal(t, test.host, host, "calls of the host's handler of %s", unix.SignalName(sig))
			}
		})
	}
}

// moreText are the ranges of a library's copies of shared objects. They are a global because they must not move.
var moreText = [5]uintptr{0x10000, 0x20000, 0x50000, 0x60000, 0}

// So is a fault in its copies of shared objects a library's, and nothing between them.
func TestRoutingInCopiesOfSharedObjects(t *testing.T) {
	l := fakeLibrary(t)
	l.more.Store(uintptr(unsafe.Pointer(&moreText)))
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	l.enter()
	defer func() { *l.record() = record{} }()
	low, high := l.Text()
	for pc, want := range map[uintptr]uint64{low: 1, high - 1: 1, high: 0, 0xffff: 0, 0x10000: 1, 0x1ffff: 1, 0x20000: 0, 0x4ffff: 0,
		0x50000: 1, 0x5ffff: 1, 0x60000: 0} {
		library, host := deliver(t, unix.SIGSEGV, pc, sigtest.HostHandler())
		assert.Equal(t, want, library, "%#x", pc)
		assert.Equal(t, 1-want, host, "%#x", pc)
	}
	*l.record() = record{owner: l.Owner()}
	library, _ := deliver(t, unix.SIGSEGV, 0x10000, sigtest.HostHandler())
	assert.Zero(t, library, "outside the library")
}

// Where a library calls libc, or what is no function, the return address is the library's.
func TestRoutingByTheCaller(t *testing.T) {
	l := fakeLibrary(t)
	low, high := l.Text()
	l.enter()
	faults := []unix.Signal{unix.SIGSEGV, unix.SIGBUS, unix.SIGFPE}
	ofHost := reflect.ValueOf(nilPointer).Pointer()
	defer setCaller(0)
	libc, err := purego.Dlsym(purego.RTLD_DEFAULT, "strlen")
	require.NoError(t, err)
	after := low + map[string]uintptr{"amd64": 1, "arm64": 4}[runtime.GOARCH] // the shortest call
	for _, test := range []struct {
		name               string
		signals            []unix.Signal
		pc, caller         uintptr
		library, hostCalls uint64
	}{
		{"in libc, called by the text's first instruction", faults, libc, after, 1, 0},
		{"in libc, called by the text's last instruction", faults, libc, high, 1, 0},
		{"no function", faults, 8, after, 1, 0},
		{"called by what is before the text", faults, libc, low, 0, 1},
		{"called by what is behind the text", faults, libc, high + 4, 0, 1},
		{"in Go code of the host, with an address in the text on its stack", faults, ofHost, after, 0, 1},
		{"a pipe that nobody reads", []unix.Signal{unix.SIGPIPE}, libc, after, 0, 1},
	} {
		for _, sig := range test.signals {
			setCaller(test.caller)
			library, host := deliver(t, sig, test.pc, sigtest.HostHandler())
			assert.Equal(t, test.library, library, "%s: %s: library", test.name, sig)
			assert.Equal(t, test.hostCalls, host, "%s: %s: host", test.name, sig)
		}
	}
}

// A signal that somebody sent is no fault of whoever was interrupted.
func TestRoutingOfWhatWasSent(t *testing.T) {
	l := fakeLibrary(t)
	_, high := l.Text()
	l.enter()
	defer setCaller(0)
	for code, want := range map[int32]uint64{1: 1, 0x80: 1, 0: 0, siTkill: 0} {
		setCaller(high)
		binary.LittleEndian.PutUint32(fakeInfo[siginfoCode:], uint32(code))
		library, host := deliver(t, unix.SIGSEGV, 8, sigtest.HostHandler())
		assert.Equal(t, want, library, "si_code %d", code)
		assert.Equal(t, 1-want, host, "si_code %d", code)
	}
}

// What lies on the stack below frames of the host's was left there by the library.
func TestRoutingWhileTheHostIsCalled(t *testing.T) {
	l := fakeLibrary(t)
	low, high := l.Text()
	l.enter()
	l.record().depth |= 1 << 31
	defer setCaller(0)
	setCaller(high)
	library, host := deliver(t, unix.SIGSEGV, 8, sigtest.HostHandler())
	assert.Zero(t, library, "no code of the library's")
	assert.EqualValues(t, 1, host)
	library, host = deliver(t, unix.SIGSEGV, low, sigtest.HostHandler())
	assert.EqualValues(t, 1, library, "but its own")
	assert.Zero(t, host)

	inner := fakeLibrary(t) // of the same text
	inner.enter()
	library, _ = deliver(t, unix.SIGSEGV, 8, sigtest.HostHandler())
	assert.EqualValues(t, 1, library, "that the host has called meanwhile")
}

func TestRoutingOfAStackOverflow(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("the return address is in a register")
	}
	l := fakeLibrary(t)
	_, high := l.Text()
	l.enter()
	defer setCaller(0)
	pages, err := unix.Mmap(-1, 0, 2*4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	require.NoError(t, err)
	defer func() { require.NoError(t, unix.Munmap(pages)) }()
	require.NoError(t, unix.Mprotect(pages[:4096], unix.PROT_NONE))
	top := uint64(uintptr(unsafe.Pointer(&pages[4096])))
	for name, sp := range map[string]uint64{"guarded": top - 8, "in part": top - 4, "not canonical": 1 << 63, "null": 0, "the kernel's": 1<<64 - 8} {
		setCaller(high)
		binary.LittleEndian.PutUint64(fakeContext[contextCaller:], sp)
		library, host := deliver(t, unix.SIGSEGV, 8, sigtest.HostHandler())
		assert.Zero(t, library, name)
		assert.EqualValues(t, 1, host, name)
	}
	setCaller(high)
	binary.LittleEndian.PutUint64(pages[4096:], uint64(high))
	binary.LittleEndian.PutUint64(fakeContext[contextCaller:], top)
	binary.LittleEndian.PutUint64(fakeInfo[16:], top-8)
	library, _ := deliver(t, unix.SIGSEGV, 8, sigtest.HostHandler())
	assert.EqualValues(t, 1, library, "a function could not even begin")
}

const siginfoCode = 8

// fakeStack has a return address on top.
var fakeStack [1]uintptr

// setCaller has a fault be in a function that was called from before caller and has no frame.
func setCaller(caller uintptr) {
	where := caller
	if runtime.GOARCH == "amd64" && caller != 0 {
		fakeStack[0] = caller
		where = uintptr(unsafe.Pointer(&fakeStack))
	}
	clear(fakeInfo[:])
	if caller != 0 {
		fakeInfo[siginfoCode] = 1 // SEGV_MAPERR
	}
	binary.LittleEndian.PutUint64(fakeContext[contextCaller:], uint64(where))
}

// With every entry taken, a signal finds the one library that the thread is inside of; with
// gaps between them too.
func TestRoutingOfEverySlot(t *testing.T) {
	var all []library
	for range carrier.Slots() {
		all = append(all, fakeLibrary(t))
	}
	check := func() {
		for _, l := range all {
			if l.Owner() == 0 {
				continue
			}
			l.enter()
			low, _ := l.Text()
			library, host := deliver(t, unix.SIGURG, low, sigtest.HostHandler())
			assert.EqualValues(t, 1, library, "entry %d", l.slot.Index())
			assert.EqualValues(t, 1, host, "entry %d", l.slot.Index())
			library, host = deliver(t, unix.SIGSEGV, low, sigtest.HostHandler())
			assert.EqualValues(t, 1, library, "entry %d", l.slot.Index())
			assert.Zero(t, host, "entry %d", l.slot.Index())
			*l.record() = record{}
		}
	}
	check()
	for i, l := range all {
		if l.slot.Index()%3 == 0 || l.slot.Index()/64 == 1 {
			l.Entry.Release()
			defer func() { all[i].Entry = Take(l.slot.Index(), lastOwner.Add(1), l.slot.Offset()+abi.SlotRecord) }()
		}
	}
	check()
}

// A library whose handler may not be called, as the thread is outside, hears
// of SIGURG when the thread comes in again: its runtime waits for it.
func TestRoutingNotesWhatWasMissed(t *testing.T) {
	l := fakeLibrary(t)
	low, _ := l.Text()
	defer withoutPreemption(t)()
	for _, test := range []struct {
		sig    unix.Signal
		owner  uint64
		depth  uint32
		missed uint64
	}{
		{unix.SIGURG, l.Owner(), 0, 1},
		{unix.SIGURG, l.Owner(), 1, 0},
		{unix.SIGURG, l.Owner() + 1000, 0, 0},
		{unix.SIGPROF, l.Owner(), 0, 0},
	} {
		*l.record() = record{owner: test.owner, depth: test.depth}
		deliver(t, test.sig, low, sigtest.HostHandler())
		assert.Equal(t, test.missed, l.record().missed, "%+v", test)
	}
}

func TestRoutingLibraryWithoutHandler(t *testing.T) {
	l := fakeLibrary(t)
	l.enter()
	low, _ := l.Text()
	for i, sig := range handled {
		l.handlers[i].Store(0)
		library, host := deliver(t, sig, low, sigtest.HostHandler())
		assert.Zero(t, library, unix.SignalName(sig))
		assert.EqualValues(t, 1, host, unix.SignalName(sig))
	}
}

// A library that calls the host, which calls another library.
func TestRoutingNested(t *testing.T) {
	outer, inner := fakeLibrary(t), fakeLibrary(t)
	outer.enter()
	inner.enter()
	low, high := inner.Text()
	outer.SetText(high, high+64)

	library, host := deliver(t, unix.SIGURG, low, sigtest.HostHandler())
	assert.EqualValues(t, 2, library)
	assert.EqualValues(t, 1, host)

	library, host = deliver(t, unix.SIGSEGV, low, sigtest.HostHandler())
	assert.EqualValues(t, 1, library)
	assert.Zero(t, host)
}

// Every slot of the table is looked at, the first and the last too.
func TestRoutingFullTable(t *testing.T) {
	libraries := make([]library, 0, carrier.Slots())
	for range carrier.Slots() {
		libraries = append(libraries, fakeLibrary(t))
	}
	low, _ := libraries[0].Text()
	for _, l := range libraries {
		l.enter()
		for _, sig := range handled {
			library, _ := deliver(t, sig, low, sigtest.HostHandler())
			assert.EqualValues(t, 1, library, "entry %d, %s", l.slot.Index(), unix.SignalName(sig))
		}
		*l.record() = record{}
	}
}

// Without a handler of the host, a shared signal ends in the dispatcher, and so
// does a fault signal that is ignored and wasn't sent by the kernel.
func TestRoutingHostWithoutHandler(t *testing.T) {
	l := fakeLibrary(t)
	l.enter()
	_, elsewhere := l.Text()
	for _, original := range []uintptr{0, sigIgn} {
		library, host := deliver(t, unix.SIGURG, elsewhere, original)
		assert.EqualValues(t, 1, library)
		assert.Zero(t, host)
	}
	library, host := deliver(t, unix.SIGSEGV, elsewhere, sigIgn)
	assert.Zero(t, library)
	assert.Zero(t, host)
}

func TestEntry(t *testing.T) {
	l := fakeLibrary(t)
	e := l.Entry
	assert.Equal(t, uintptr(unsafe.Pointer(&table[l.slot.Index()])), e.Addr())
	assert.Equal(t, sigtest.LibraryHandler(), e.Handler(abi.HandlerURG))
	assert.Equal(t, sigtest.Destructor(), e.KeyDtor())
	assert.Panics(t, func() { Take(l.slot.Index(), e.Owner()+1, 0) }, "an entry can be taken once")

	eventFD, messageFD := e.Crash()
	assert.EqualValues(t, -1, eventFD)
	assert.EqualValues(t, -1, messageFD)
	e.SetCrash(3, 4)
	eventFD, messageFD = e.Crash()
	assert.EqualValues(t, 3, eventFD)
	assert.EqualValues(t, 4, messageFD)
	assert.False(t, e.Crashed())
	e.crashed.Store(1)
	assert.True(t, e.Crashed())

	owner, offset := e.Owner(), l.slot.Offset()+abi.SlotRecord
	e.Release()
	assert.Zero(t, e.Owner())
	low, high := e.Text()
	assert.Zero(t, low)
	assert.Zero(t, high)
	assert.Zero(t, e.Handler(abi.HandlerURG))
	assert.Zero(t, e.KeyDtor())
	assert.False(t, e.Crashed())
	require.Same(t, e, Take(l.slot.Index(), owner, offset))
}

// What a signal takes longer with many libraries loaded.
func BenchmarkDispatch(b *testing.B) {
	for _, n := range []int{1, 16, carrier.Slots()} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			for range n {
				l, release := newLibrary(b)
				defer release()
				*l.record() = record{owner: l.Owner()} // it has been inside all of them
			}
			originals[testGeneration][handlerIndex[unix.SIGURG]].Store(sigtest.HostHandler())
			for b.Loop() {
				sigtest.Call(dispatchPC(testGeneration), uintptr(unix.SIGURG),
					uintptr(unsafe.Pointer(&fakeInfo)), uintptr(unsafe.Pointer(&fakeContext)))
			}
		})
	}
}
