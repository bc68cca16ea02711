package host_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// What skipInitWait needs from a Go release. If it is missing, calls still work but
// are slower, so nothing else would show it.
func TestInitWaitCanBeSkipped(t *testing.T) {
	path := libtest.Greeter(t, "1")
	elf, err := host.ELF(path)
	require.NoError(t, err)
	for _, f := range []string{"runtime.cgocallbackg1", "runtime.chanrecv1"} {
		_, _, ok := elf.GoFunc(f)
		assert.True(t, ok, "assumption: calls wait for the init functions in %s", f)
	}
	for _, s := range []string{abi.SymReady, abi.SymWaitReady, abi.SymReceive} {
		_, ok := elf.Export(s)
		assert.True(t, ok, "%s is exported", s)
	}
	skipped, err := host.InitWaitSkipped(path)
	require.NoError(t, err)
	assert.True(t, skipped, "assumption: cgocallbackg1 calls chanrecv1 exactly once")
}

// What fewThreads needs from a Go release. If it is missing, a version has more threads, and nothing
// else shows it.
func TestThreadsCanBeSpared(t *testing.T) {
	template, standIn, err := host.ThreadsSpared(libtest.Greeter(t, "1"))
	require.NoError(t, err)
	assert.True(t, template, "assumption: runtime.main calls startTemplateThread exactly once")
	assert.True(t, standIn, "assumption: SetDefaultGOMAXPROCS is there, as package cabi exports what calls it")
}
