package host_test

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// Threads of C code are ended wherever they are, but not between two steps that belong
// together: no file that was just opened is left, no lock of the shim's is held for ever,
// and no thread is joined twice.
func TestThreadsOfCAreEndedBetweenSteps(t *testing.T) {
	needUnload(t)
	path := libtest.Build(t, "busy", "1")
	requireNothingLeft(t)(must(host.Open(bg, path))(t).Close(bg))
	for _, work := range []string{"Reopen", "Restart"} {
		t.Run(work, func(t *testing.T) {
			before := openFiles(t)
			for range 10 {
				lib := must(host.Open(bg, path))(t)
				require.Zero(t, callLib(t, lib, work, 4))
				requireNothingLeft(t)(lib.Close(bg))
				require.Equal(t, before, openFiles(t))
			}
		})
	}
}

// A child of C code that aborts ends; the library and its host go on.
func TestAbortInAChild(t *testing.T) {
	needUnload(t)
	lib := must(host.Open(bg, libtest.Build(t, "busy", "1")))(t)
	assert.EqualValues(t, syscall.SIGABRT, callLib(t, lib, "AbortInChild"))
	assert.Zero(t, callLib(t, lib, "Reopen", 0))
	requireNothingLeft(t)(lib.Close(bg))
}
