package host_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// What skipInitWait needs of a Go release. Where it is missing, calls work and
// are slower, so nothing else would tell.
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
