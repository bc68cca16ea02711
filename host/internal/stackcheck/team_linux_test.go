//go:build amd64 || arm64

package stackcheck

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/unwind"
)

// The assumption: libc has tables down to the function that a thread begins in, which has no caller.
func TestReturnsOfAForeignThread(t *testing.T) {
	f := startForeign(t)
	defer f.end(t)
	var s snapshot
	require.Eventually(t, func() bool { s = silentThread(f.id); return s.doubt == "" }, patience, time.Millisecond)
	returns, err := walk(s.pc, s.sp)
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(returns), 2, "start_thread, and what clone(2) returns to")
	for _, at := range returns {
		assert.True(t, afterCall(at), "%#x", at)
	}
	assert.NotContains(t, returns, uint64(symbol(t, "sem_wait")), "which is on the stack")
	assert.Subset(t, s.words, returns)

	s.sp += 8 // now it leads nowhere
	_, err = walk(s.pc, s.sp)
	require.ErrorIs(t, err, unwind.ErrUnknown)
	assert.Subset(t, s.returns(), returns, "what looks like one")
}
