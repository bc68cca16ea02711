package registrytest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A test that is killed leaves no registry behind.
func TestRegistryEndsWithItsInput(t *testing.T) {
	r := Start(t, Options{Kind: GGCR})
	r.mu.Lock()
	defer r.mu.Unlock()
	require.NoError(t, r.stdin.Close())
	require.NoError(t, r.cmd.Wait())
	r.cmd = nil
}
