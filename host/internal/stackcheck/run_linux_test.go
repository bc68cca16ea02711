//go:build amd64 || arm64

package stackcheck

import (
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// nowhere is a range that nothing has an address in.
var nowhere = []Range{{1 << 60, 1<<60 + 1}}

// briefly is long enough for the threads of the host to answer.
const briefly = 200 * time.Millisecond

// none: there are no libraries.
func none(func(int)) {}

// around is a range that has an address in it.
func around(address uint64) []Range { return []Range{{address, address + 1}} }

func TestNobodyInTheWay(t *testing.T) {
	objects, err := Run(nowhere, patience, none, nil, nil)
	require.NoError(t, err)
	assert.Empty(t, objects, "the host's own threads are not looked at")
}

// What a foreign thread has in a register, on its stack, and as its first function.
func TestForeignThread(t *testing.T) {
	require.NoError(t, Ready())
	f := startForeign(t)
	defer f.end(t)
	for what, address := range map[string]uint64{
		"an argument":        f.address(),
		"its first function": uint64(symbol(t, "sem_wait")),
	} {
		_, err := Run(around(address), briefly, none, nil, nil)
		var in *Threads
		require.ErrorAs(t, err, &in, what)
		assert.Equal(t, []int{f.id}, in.IDs, what)
	}
	objects, err := Run(nowhere, patience, none, nil, nil)
	require.NoError(t, err)
	require.NotEmpty(t, objects)
	assert.True(t, strings.Contains(strings.Join(objects, " "), "libc.so"), "%v", objects)
}

// One that blocks the signal is looked at through the kernel.
func TestForeignThreadThatBlocksSignals(t *testing.T) {
	require.NoError(t, Ready())
	runtime.LockOSThread() // the new thread inherits the mask
	defer runtime.UnlockOSThread()
	var all, before unix.Sigset_t
	for i := range all.Val {
		all.Val[i] = ^all.Val[i]
	}
	require.NoError(t, unix.PthreadSigmask(unix.SIG_SETMASK, &all, &before))
	f := &foreign{semaphore: make([]uint64, 4)}
	f.create(t)
	require.NoError(t, unix.PthreadSigmask(unix.SIG_SETMASK, &before, nil))
	defer f.end(t)

	var in *Threads
	_, err := Run(around(f.address()), briefly, none, nil, nil)
	require.ErrorAs(t, err, &in)
	assert.Equal(t, []int{f.id}, in.IDs)
	_, err = Run(nowhere, patience, none, nil, nil)
	require.NoError(t, err, "it waits elsewhere")
	if runtime.GOARCH == "amd64" {
		assert.Equal(t, uint64(symbol(t, "sem_wait")), silentThread(f.id).began, "what it began in is found above its stack")
	}
}

// In a Go program no thread is the program's own but those of its runtime.
func TestProgramThreads(t *testing.T) {
	require.NoError(t, Ready())
	assert.Empty(t, programObjects())
	assert.False(t, (&snapshot{id: 1, began: hostText.Low}).ofProgram(nil))
}

// Threads come and go, the host's and others', while they are looked at.
func TestThreadsThatComeAndGo(t *testing.T) {
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for range 3 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				done := make(chan struct{})
				go func() { runtime.LockOSThread(); close(done) }() // not unlocked: the thread ends
				<-done
			}
		})
	}
	for range 50 {
		_, err := Run(nowhere, patience, none, nil, nil)
		assert.NoError(t, err)
	}
	close(stop)
	wg.Wait()
}

// Memory that is not there ends a stack, and is no fault.
func TestStackEndsWhereMemoryDoes(t *testing.T) {
	page := unix.Getpagesize()
	memory, err := unix.Mmap(-1, 0, 4*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	require.NoError(t, err)
	defer func() { require.NoError(t, unix.Munmap(memory)) }()
	require.NoError(t, unix.Mprotect(memory[3*page:], unix.PROT_NONE))
	at := uint64(uintptr(unsafe.Pointer(&memory[page])))
	words, deep := stack(nil, at, 0)
	assert.False(t, deep)
	assert.Len(t, words, (2*page+redZone)/8)
	words, deep = stack(nil, at, at+256)
	assert.False(t, deep)
	assert.Len(t, words, (256+redZone)/8, "up to the control block")
	for _, read := range []func(uint64, []byte) int{peek, peekByPipe} {
		assert.Equal(t, 2*page, read(at, make([]byte, 3*page)))
		assert.Zero(t, read(at+uint64(2*page), make([]byte, 8)))
	}
}

// Most threads of a host have been asked before.
func BenchmarkRun200HostThreads(b *testing.B) {
	require.NoError(b, Ready())
	hostThreads(b, 200)
	ranges := make([]Range, 40)
	_, err := Run(ranges, patience, none, nil, nil)
	require.NoError(b, err)
	for b.Loop() {
		_, err := Run(ranges, 0, none, nil, nil)
		require.NoError(b, err)
	}
}

// stands reports whether the thread stands still at each of several looks, and is asked behind them, as one
// that has not been asked before.
func (f *foreign) stands(t *testing.T, before Still, looks int) bool {
	delete(accounted, f.id)
	delete(met, f.id)
	is := func(s snapshot) bool { return s.id == f.id && !s.still }
	var quiet func() []snapshot
	for range looks {
		strangers, later, err := ask(none, before)
		require.NoError(t, err)
		if slices.ContainsFunc(strangers, is) {
			return false
		}
		quiet = later
	}
	return slices.ContainsFunc(quiet(), is)
}

// A thread that has not run since before a library was loaded does not come back to it, whatever
// is on its stack, and whether it was met before or not. One that has run may.
func TestThreadThatStandsStill(t *testing.T) {
	for _, before := range []bool{true, false} {
		f := startForeign(t)
		if !before {
			delete(accounted, f.id)
			delete(met, f.id)
		}
		var still Still
		require.Eventually(t, func() bool { // it may not wait yet, or answer somebody late
			still = StandingStill()
			_, err := Run(around(f.address()), briefly, none, still, nil)
			return err == nil
		}, patience, time.Millisecond, "%t", before)
		require.Eventually(t, func() bool { return f.stands(t, StandingStill(), 3) }, patience, time.Millisecond,
			"who looks again has not woken it")
		still = StandingStill()
		_, err := Run(around(f.address()), briefly, none, nil, nil)
		require.Error(t, err, "the address is there")
		require.NoError(t, unix.Tgkill(unix.Getpid(), f.id, unix.SIGURG)) // which wakes it for a moment
		require.Eventually(t, func() bool {
			_, err := Run(around(f.address()), briefly, none, still, nil)
			return err != nil
		}, patience, time.Millisecond)
		f.end(t)
	}
}
