package host_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// registered opens the library, with functions of all kinds registered. told is what they
// have written since it was called before.
func registered(t *testing.T) (lib *host.Library, told func() string) {
	t.Helper()
	needUnload(t)
	var fds [2]int // as files of package os, they would block
	require.NoError(t, unix.Pipe2(fds[:], unix.O_CLOEXEC|unix.O_NONBLOCK))
	t.Cleanup(func() {
		assert.NoError(t, unix.Close(fds[0]))
		assert.NoError(t, unix.Close(fds[1]))
	})
	lib = must(host.Open(bg, libtest.Build(t, "catexit", "1")))(t)
	require.Zero(t, callLib(t, lib, "Register", int32(fds[1])))
	return lib, func() string {
		b := make([]byte, 100)
		n, _ := unix.Read(fds[0], b)
		return string(b[:max(n, 0)])
	}
}

// Functions for the end run once, in the order of dlclose, when the library leaves. Those of
// quick_exit don't.
func TestExitFunctions(t *testing.T) {
	plainOnly(t)
	lib, told := registered(t)
	requireNothingLeft(t)(lib.Close(bg))
	assert.Equal(t, "drnc0a", told())
}

// After a crash none of them runs.
func TestExitFunctionsAfterACrash(t *testing.T) {
	plainOnly(t)
	lib, told := registered(t)
	_, err := lib.Call(bg, "Panic")
	require.ErrorIs(t, err, host.ErrCrashed)
	requireNothingLeft(t)(lib.Close(bg))
	assert.Empty(t, told())
}

// A child that exits runs them, as the process that it takes itself for.
func TestExitFunctionsInAChild(t *testing.T) {
	plainOnly(t)
	lib, told := registered(t)
	assert.EqualValues(t, 6, callLib(t, lib, "ExitInChild", false))
	assert.Equal(t, "rnc6a", without(told(), "bpkd"))
	assert.EqualValues(t, 7, callLib(t, lib, "ExitInChild", true))
	assert.Equal(t, "q", without(told(), "bpkd"))
	requireNothingLeft(t)(lib.Close(bg))
	assert.Equal(t, "drnc0a", told())
}

// without is s without the letters of some.
func without(s, some string) string {
	return strings.Map(func(c rune) rune {
		if strings.ContainsRune(some, c) {
			return -1
		}
		return c
	}, s)
}

// sorted is s with its letters in order: parent and child write at the same time.
func sorted(s string) string { return string(slices.Sorted(slices.Values([]byte(s)))) }

// What goes wrong in them ends neither the host nor the unload.
func TestExitFunctionsThatGoWrong(t *testing.T) {
	plainOnly(t)
	for _, test := range []struct{ way, told, reason string }{
		{"fault", "d", "exit functions: signal 11, address 0x8"},
		{"overflow", "d", "exit functions: signal 11"},
		{"abort", "d", "exit functions: C code called abort()"},
		{"exit", "d", "exit functions: C code called exit(3)"},
		{"spin", "d", "exit functions: they did not end in time"},
		{"lock", "d", "exit functions: they did not end in time"}, // a thread that was ended holds it
		{"join", "djrnc0a", ""},
		{"start", "dtrnc0a", ""},
		{"go", "dgrnc0a", ""},
	} {
		t.Run(test.way, func(t *testing.T) {
			before := holdings(t)
			lib, told := registered(t)
			_, err := lib.Call(bg, "RegisterBad", test.way)
			require.NoError(t, err)
			report, err := lib.Close(bg)
			requireNothingLeft(t)(report, err)
			if test.reason == "" {
				assert.Empty(t, report.Reason)
			} else {
				assert.Contains(t, report.Reason, test.reason)
			}
			assert.Equal(t, test.told, told())
			gone(t, before)
		})
	}
}

// Functions around fork are called whoever forks, and not after the library has left, or is
// dead.
func TestForkFunctions(t *testing.T) {
	plainOnly(t)
	forker := must(host.Open(bg, libtest.Build(t, "cexits", "1")))(t)
	fork := func() { assert.Zero(t, callLib(t, forker, "EndOfChild", "nothing").(int32)&0x7f) }
	for _, crash := range []bool{false, true} {
		lib, told := registered(t)
		assert.Zero(t, callLib(t, lib, "Fork"))
		assert.Equal(t, "bkp", sorted(told()))
		fork()
		assert.Equal(t, "bkp", sorted(told()))
		if crash {
			_, err := lib.Call(bg, "Panic")
			require.ErrorIs(t, err, host.ErrCrashed)
		}
		requireNothingLeft(t)(lib.Close(bg))
		_ = told()
		fork()
		assert.Empty(t, told())
	}
	requireNothingLeft(t)(forker.Close(bg))
}
