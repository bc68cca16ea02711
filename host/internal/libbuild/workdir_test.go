package libbuild

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Builds that run at once keep their directories; that of one that was killed goes.
func TestWorkDir(t *testing.T) {
	dir := t.TempDir()
	left := filepath.Join(dir, workPrefix+"left")
	require.NoError(t, os.Mkdir(left, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(left, "image"), []byte("half"), 0o600))
	one, removeOne, err := workDir(dir)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(one, "image"), []byte("half"), 0o600))
	assert.NoDirExists(t, left)
	two, removeTwo, err := workDir(dir)
	require.NoError(t, err)
	assert.DirExists(t, one)
	assert.NotEqual(t, one, two)
	removeOne()
	removeTwo()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, entries)
}
