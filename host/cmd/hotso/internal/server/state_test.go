package server

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What is no regular file, or is far too large, neither blocks the start nor fills the
// memory.
func TestStateThatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	fifo, link, large := filepath.Join(dir, "fifo"), filepath.Join(dir, "link"), filepath.Join(dir, "large")
	require.NoError(t, syscall.Mkfifo(fifo, 0o600))
	require.NoError(t, os.Symlink("/dev/zero", link))
	require.NoError(t, os.WriteFile(large, nil, 0o600))
	require.NoError(t, os.Truncate(large, 1<<32))
	for _, path := range []string{fifo, link, dir, filepath.Join(dir, "missing")} {
		_, err := readState(path)
		assert.Error(t, err, path)
		assert.Zero(t, newStateFile(path).of("x", nil))
	}
	b, err := readState(large)
	require.NoError(t, err)
	assert.Len(t, b, maxState)
	assert.Zero(t, newStateFile(large).of("x", nil))
}

// What a killed server was about to save is removed at the next start, and nothing else.
func TestStateLeftByAKilledServer(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, StateName)
	require.NoError(t, os.WriteFile(filepath.Join(dir, ".hotso-state-123"), []byte("{"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "hotso-state-123"), []byte("{"), 0o600))
	require.NoError(t, newStateFile(path).save("x", remembered{}))
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 2)
	assert.Equal(t, []string{StateName, "hotso-state-123"}, []string{entries[0].Name(), entries[1].Name()})
}
