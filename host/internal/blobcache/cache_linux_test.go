package blobcache_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A full disk is made room on before a download fails.
func TestFull(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root may mount a small disk")
	}
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skip("no small disk can be mounted here: ", err)
	}
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(dir, syscall.MNT_DETACH)) })
	c := open(t, dir, 1<<30)
	for n := range 3 {
		fill(t, c, n, 200_000)
	}
	fill(t, c, 9, 700_000)
	assert.Equal(t, []string{"libgreeter.v9.so"}, names(t, dir))
	_, err := c.Fill(t.Context(), key(8, 1_200_000), write(8, 1_200_000))
	require.ErrorIs(t, err, syscall.ENOSPC)
	assert.ErrorContains(t, err, "make room on the disk of "+dir)
	assert.Empty(t, names(t, dir))
}

// Files can be read and run by whom the directory lets in, whatever the umask; directories are this user's.
func TestUmask(t *testing.T) {
	for _, umask := range []int{0, 0o077} {
		was := syscall.Umask(umask)
		dir := filepath.Join(t.TempDir(), "cache")
		path := fill(t, open(t, dir, 1<<20), 1, 1000)
		syscall.Umask(was)
		info, err := os.Stat(path)
		require.NoError(t, err)
		assert.Equal(t, fs.FileMode(0o555), info.Mode())
		info, err = os.Stat(dir)
		require.NoError(t, err)
		assert.Zero(t, info.Mode().Perm()&0o077)
	}
}
