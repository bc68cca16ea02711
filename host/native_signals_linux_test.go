package host_test

import (
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// A signalState is what of a process's signals C code could change.
type signalState struct {
	actions [65][4]uint64 // the kernel's struct sigaction
	mask    uint64
	stack   stack
	timers  [3][4]int64
}

func signals(t *testing.T) (s signalState) {
	t.Helper()
	for sig := 1; sig <= 64; sig++ {
		_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), 0, uintptr(unsafe.Pointer(&s.actions[sig])), 8, 0, 0)
		require.Zero(t, errno)
	}
	for which := range s.timers {
		_, _, errno := unix.RawSyscall(unix.SYS_GETITIMER, uintptr(which), uintptr(unsafe.Pointer(&s.timers[which])), 0)
		require.Zero(t, errno)
	}
	s.mask, s.stack = signalMask(t, "thread-self"), signalStack(t)
	return s
}

// What C code does to signals changes nothing of the process's, and works as far as C code
// can see it. The report tells what it wanted.
func TestSignalsOfC(t *testing.T) {
	plainOnly(t)
	needUnload(t)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	files := holdings(t)
	var events journal
	slot := newSlot(t, "csignals", []string{libtest.Build(t, "csignals", "1")}, events.option())
	before := signals(t)
	for _, f := range []string{"Ask", "AskMore", "Block", "Fault", "FaultBeside", "HandleAbort"} {
		assert.Zero(t, must(slot.Call(bg, f))(t).Value, "%s: the line", f)
		assert.Equal(t, before, signals(t), f)
	}
	report, err := slot.Close(bg)
	requireNothingLeft(t)(report, err)
	assert.Equal(t, before, signals(t))
	assert.Equal(t, map[string]int{
		"SIGWINCH": 3, "SIGTERM": 1, "SIGUSR1": 2, "SIGUSR2": 4, "SIGSEGV": 1, "SIGABRT": 1,
		"SIGALRM": 1, "SIGPROF": 1, "sigaltstack": 1,
	}, report.Signals)
	unloaded := ""
	for _, e := range events.all() {
		if e.State == host.Unloaded {
			unloaded = e.Detail
		}
	}
	assert.Contains(t, unloaded, "its C code wanted to change signals of the process: SIGABRT (1), SIGALRM (1)")
	require.NoError(t, unix.Kill(unix.Getpid(), unix.SIGWINCH))
	gone(t, files)
}

// Handlers of C code for faults take those of its own only: neither those of its Go code,
// nor the host's, nor another version's.
func TestFaultHandlersOfC(t *testing.T) {
	plainOnly(t)
	needUnload(t)
	path := libtest.Build(t, "csignals", "1")
	one, two := must(host.Open(bg, path))(t), must(host.Open(bg, path))(t)
	assert.Zero(t, callLib(t, one, "Fault"))
	assert.Zero(t, callLib(t, two, "ReplaceFaultHandler"))
	for range 3 {
		assert.EqualValues(t, 1, callLib(t, one, "Recover"))
		assert.EqualValues(t, 1, callLib(t, two, "Recover"))
		assert.Zero(t, callLib(t, one, "FaultAgain"))
		assert.PanicsWithError(t, "runtime error: invalid memory address or nil pointer dereference", func() { _ = *(*int)(nil) })
	}
	assert.Zero(t, callLib(t, two, "Spin"))
	assert.EqualValues(t, 1, callLib(t, two, "Recover"), "its runtime still preempts")
	requireNothingLeft(t)(two.Close(bg))
	requireNothingLeft(t)(one.Close(bg))
	assert.Panics(t, func() { _ = *(*int)(nil) })
}

// C code of a library may end by its handler for SIGABRT.
func TestAbortHandlerOfC(t *testing.T) {
	plainOnly(t)
	needUnload(t)
	lib := must(host.Open(bg, libtest.Build(t, "csignals", "1")))(t)
	assert.Zero(t, callLib(t, lib, "HandleAbort"))
	report, err := lib.Close(bg)
	requireNothingLeft(t)(report, err)
	assert.Equal(t, "SIGABRT", strings.Join(keys(report.Signals), " "))
}

func keys(m map[string]int) (list []string) {
	for k := range m {
		list = append(list, k)
	}
	return list
}
