package host_test

import (
	"runtime"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// C code that ends the process ends its version only, on whichever thread, and another one
// serves on.
func TestEndByC(t *testing.T) {
	plainOnly(t)
	needUnload(t)
	v1, v2 := libtest.Build(t, "cexits", "1"), libtest.Build(t, "cexits", "2")
	before := holdings(t)
	for _, test := range []struct {
		way     string
		kind    host.CrashKind
		code    int
		message string
	}{
		{"exit", host.CrashExit, 3, "C code called exit(3)"},
		{"_exit", host.CrashExit, 4, "C code called _exit(4)"},
		{"_Exit", host.CrashExit, 5, "C code called _exit(5)"},
		{"quick_exit", host.CrashExit, 6, "C code called quick_exit(6)"},
		{"err", host.CrashExit, 7, "C code called exit(7)"},
		{"errx", host.CrashExit, 8, "C code called exit(8)"},
		{"error", host.CrashExit, 9, "C code called exit(9)"},
		{"qsort", host.CrashExit, 10, "C code called exit(10)"},
		{"abort", host.CrashSignal, 6, "C code called abort()"},
		{"assert", host.CrashSignal, 6, "by_assert: Assertion `!\"a state that can't be\"' failed."},
		{"smash", host.CrashSignal, 6, "C code: stack smashing detected"},
		{"free twice", host.CrashSignal, 6, "C code: free() of a block that is free"},
		{"free twice, large", host.CrashSignal, 6, "C code: free() of a block that is free"},
		{"free twice, of many", host.CrashSignal, 6, "C code: free() of a block that is free"},
		{"free twice, small, of many", host.CrashSignal, 6, "C code: free() of a block that is free"},
		{"realloc twice", host.CrashSignal, 6, "C code: realloc() of a block that is free"},
		{"free of a static", host.CrashSignal, 6, "C code: free() of what is no block"},
		{"free of a middle", host.CrashSignal, 6, "C code: free() of what is no block"},
		{"free of nothing", host.CrashSignal, 6, "C code: free() of what is no block"},
		{"overflow of memcpy", host.CrashSignal, 6, "C code: buffer overflow detected in memcpy"},
		{"overflow of mempcpy", host.CrashSignal, 6, "C code: buffer overflow detected in mempcpy"},
		{"overflow of memmove", host.CrashSignal, 6, "C code: buffer overflow detected in memmove"},
		{"overflow of memset", host.CrashSignal, 6, "C code: buffer overflow detected in memset"},
		{"overflow of strcpy", host.CrashSignal, 6, "C code: buffer overflow detected in strcpy"},
		{"overflow of stpcpy", host.CrashSignal, 6, "C code: buffer overflow detected in stpcpy"},
		{"overflow of strncpy", host.CrashSignal, 6, "C code: buffer overflow detected in strncpy"},
		{"overflow of strcat", host.CrashSignal, 6, "C code: buffer overflow detected in strcat"},
		{"overflow of strncat", host.CrashSignal, 6, "C code: buffer overflow detected in strncat"},
		{"overflow of sprintf", host.CrashSignal, 6, "C code: buffer overflow detected in sprintf"},
		{"overflow of snprintf", host.CrashSignal, 6, "C code: buffer overflow detected in snprintf"},
		{"overflow of read", host.CrashSignal, 6, "C code: buffer overflow detected in read"},
		{"overflow of fgets", host.CrashSignal, 6, "C code: buffer overflow detected in fgets"},
		{"overflow of FD_SET", host.CrashSignal, 6, "C code: buffer overflow detected in FD_SET"},
		{"raise", host.CrashSignal, 15, "C code called raise with signal 15"},
		{"kill", host.CrashSignal, 9, "C code called kill with signal 9"},
		{"killpg", host.CrashSignal, 2, "C code called kill with signal 2"},
		{"tgkill", host.CrashSignal, 3, "C code called raise with signal 3"},
		{"pthread_kill", host.CrashSignal, 10, "C code called pthread_kill with signal 10"},
		{"sigqueue", host.CrashSignal, 34, "C code called sigqueue with signal 34"},
	} {
		for _, f := range []string{"End", "EndBeside", "EndAfterGo"} {
			t.Run(test.way+"/"+f, func(t *testing.T) {
				slot := newSlot(t, "cexits", []string{v1, v2})
				_, err := slot.Call(bg, f, test.way)
				require.ErrorIs(t, err, host.ErrCrashed)
				var c *host.Crash
				require.ErrorAs(t, err, &c)
				assert.Equal(t, "2", c.Version)
				assert.Equal(t, test.kind, c.Kind)
				assert.Equal(t, test.code, c.Code)
				assert.Contains(t, c.Message, test.message)
				assert.EqualValues(t, 42, must(slot.Call(bg, "Add", int32(20), int32(22)))(t).Value)
				assert.Equal(t, "1", slot.Current().Version())
			})
		}
	}
	gone(t, before)
}

// What is right is let pass, and what is not is found only if glibc's heap is as cabi/blocks.c expects: where the size of
// a block is, whether it is in use, a mapping, or kept by a thread.
func TestUseOfTheHeap(t *testing.T) {
	plainOnly(t)
	needUnload(t)
	before := holdings(t)
	lib := must(host.Open(bg, libtest.Build(t, "cexits", "1")))(t)
	assert.Equal(t, true, callLib(t, lib, "KnowsBlocks"), "glibc's heap has changed: see cabi/blocks.c")
	callLib(t, lib, "UseHeap", int32(6))
	assert.EqualValues(t, 42, callLib(t, lib, "Add", int32(20), int32(22)))
	requireNothingLeft(t)(lib.Close(bg))
	gone(t, before)
}

// A fault does, too: one of C code's own instructions, of a function of libc's that it has called, or where
// it calls what is no function. On a thread that is in Go below, the Go runtime tells of it.
func TestFaultOfC(t *testing.T) {
	plainOnly(t)
	needUnload(t)
	v1, v2 := libtest.Build(t, "cexits", "1"), libtest.Build(t, "cexits", "2")
	before := holdings(t)
	for way, sig := range map[string]syscall.Signal{
		"fault": syscall.SIGSEGV, "strlen": syscall.SIGSEGV, "memcpy": syscall.SIGSEGV, "no function": syscall.SIGSEGV,
		"a function on the stack": syscall.SIGSEGV, "no stream": syscall.SIGSEGV,
		"destructor": syscall.SIGSEGV, "free of nowhere": syscall.SIGSEGV, "recursion": syscall.SIGSEGV, "free twice, a mapping": syscall.SIGSEGV,
		"division": syscall.SIGFPE, "past the end of a file": syscall.SIGBUS,
	} {
		if way == "division" && runtime.GOARCH != "amd64" {
			continue // no fault there
		}
		for _, f := range []string{"End", "EndBeside", "EndAfterGo"} {
			t.Run(way+"/"+f, func(t *testing.T) {
				slot := newSlot(t, "cexits", []string{v1, v2})
				_, err := slot.Call(bg, f, way)
				require.ErrorIs(t, err, host.ErrCrashed)
				var c *host.Crash
				require.ErrorAs(t, err, &c)
				if f == "End" && way != "destructor" { // that runs on a thread of C code
					assert.Equal(t, host.CrashFatal, c.Kind)
					assert.Contains(t, c.Message, "signal arrived during cgo execution")
				} else {
					assert.Equal(t, host.CrashSignal, c.Kind)
					assert.Equal(t, int(sig), c.Code)
					assert.Contains(t, c.Message, "C code: ")
				}
				assert.EqualValues(t, 42, must(slot.Call(bg, "Add", int32(20), int32(22)))(t).Value)
				assert.Equal(t, "1", slot.Current().Version())
			})
		}
	}
	gone(t, before)
}

// The host is called in between: its frames stay.
func TestEndByCInsideACallback(t *testing.T) {
	plainOnly(t)
	needUnload(t)
	before := holdings(t)
	lib := must(host.Open(bg, libtest.Build(t, "cexits", "1")))(t)
	var inner error
	_, err := lib.Call(bg, "CallBack", callback(func() { _, inner = lib.Call(bg, "End", "exit") }))
	require.ErrorIs(t, inner, host.ErrCrashed)
	require.ErrorIs(t, err, host.ErrCrashed)
	requireNothingLeft(t)(lib.Close(bg))
	gone(t, before)
}

// A constructor runs inside the dynamic linker, which other loads wait for.
func TestEndByAConstructor(t *testing.T) {
	plainOnly(t)
	needUnload(t)
	good := libtest.Build(t, "cexits", "1")
	for name, message := range map[string]string{
		"early": "C code called exit(11)", "late": "C code called exit(11)",
		"early_fault": "C code: Segmentation fault at address 0x8", "late_fault": "C code: Segmentation fault at address 0x8",
		"early_strlen": "C code: Segmentation fault at address 0x8", "late_strlen": "C code: Segmentation fault at address 0x8",
		"late_twice": "C code: free() of a block that is free", "early_recursion": "C code: Segmentation fault at address",
	} {
		t.Run(name, func(t *testing.T) {
			before := holdings(t)
			_, err := host.Open(bg, libtest.Build(t, "cexits", "1", libtest.Named(name)))
			require.ErrorIs(t, err, host.ErrCrashed)
			require.ErrorIs(t, err, host.ErrLoad)
			assert.ErrorContains(t, err, message)
			lib := must(host.Open(bg, good))(t)
			assert.EqualValues(t, 42, callLib(t, lib, "Add", int32(20), int32(22)))
			requireNothingLeft(t)(lib.Close(bg))
			gone(t, before)
		})
	}
}

// A constructor that calls Go enters the library on the thread that loads it, which goes on as any that has.
func TestConstructorCallsGo(t *testing.T) {
	plainOnly(t)
	needUnload(t)
	before := holdings(t)
	for range 3 {
		lib := must(host.Open(bg, libtest.Build(t, "cexits", "1", libtest.Named("late_go"))))(t)
		assert.EqualValues(t, 42, callLib(t, lib, "Add", int32(20), int32(22)))
		_, err := lib.Call(bg, "End", "strlen")
		require.ErrorIs(t, err, host.ErrCrashed)
		requireNothingLeft(t)(lib.Close(bg))
	}
	gone(t, before)
}

// A child of C code ends as it wants to, and the library goes on.
func TestEndOfAChild(t *testing.T) {
	plainOnly(t)
	needUnload(t)
	lib := must(host.Open(bg, libtest.Build(t, "cexits", "1")))(t)
	for way, exit := range map[string]int{"exit": 3, "_exit": 4, "quick_exit": 6, "err": 7, "errx": 8, "error": 9} {
		status := syscall.WaitStatus(callLib(t, lib, "EndOfChild", way).(int32))
		assert.True(t, status.Exited(), way)
		assert.Equal(t, exit, status.ExitStatus(), way)
	}
	for way, sig := range map[string]syscall.Signal{"abort": syscall.SIGABRT, "assert": syscall.SIGABRT, "kill": syscall.SIGKILL} {
		status := syscall.WaitStatus(callLib(t, lib, "EndOfChild", way).(int32))
		assert.True(t, status.Signaled(), way)
		assert.Equal(t, sig, status.Signal(), way)
	}
	requireNothingLeft(t)(lib.Close(bg))
}

// Signals that end nobody do what they always did.
func TestSignalsOfCThatPass(t *testing.T) {
	plainOnly(t)
	needUnload(t)
	before := holdings(t)
	lib := must(host.Open(bg, libtest.Build(t, "cexits", "1")))(t)
	assert.Zero(t, callLib(t, lib, "Passes"))
	requireNothingLeft(t)(lib.Close(bg))
	gone(t, before)
}
