package private

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/elfimage"
	"github.com/hotso/hotso/host/internal/proc"
)

var (
	image = []byte("0123456789")
	edits = []elfimage.Edit{{Offset: 2, After: []byte("ab")}, {Offset: 3, After: []byte("cd")}, {Offset: 9, After: []byte("e")}}
)

func TestCopiesAreEdited(t *testing.T) {
	memory, err := InMemory("test:1", image, edits)
	require.NoError(t, err)
	disk, err := OnDisk(t.TempDir(), "test:1", image, edits)
	require.NoError(t, err)
	for _, c := range []*Copy{memory, disk} {
		b, err := os.ReadFile(c.Path())
		require.NoError(t, err)
		assert.Equal(t, "01acd5678e", string(b))
		assert.Equal(t, "0123456789", string(image))
		require.NoError(t, c.Close())
	}
}

// What was verified is what is mapped.
func TestNobodyWritesACopyInMemory(t *testing.T) {
	c, err := InMemory("test:2", image, edits)
	require.NoError(t, err)
	defer c.Close()
	require.NoError(t, c.Seal())
	f, err := os.OpenFile(c.Path(), os.O_RDWR, 0)
	require.NoError(t, err)
	defer f.Close()
	_, err = f.WriteAt([]byte("x"), 0)
	assert.Error(t, err)
	assert.Error(t, f.Truncate(0))
}

// An edit outside the copied bytes is an error, and leaves no copy behind.
func TestEditOutsideTheCopy(t *testing.T) {
	outside := []elfimage.Edit{{Offset: 9, After: []byte("ab")}}
	_, err := InMemory("test:3", image, outside)
	require.ErrorIs(t, err, elfimage.ErrRange)
	dir := t.TempDir()
	_, err = OnDisk(dir, "test:3", image, outside)
	require.ErrorIs(t, err, elfimage.ErrRange)
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	assert.Empty(t, left)
	links, err := proc.Descriptors()
	require.NoError(t, err)
	for _, link := range links {
		assert.False(t, strings.Contains(link, "test:3"), link)
	}
}

// A path is never used again, though the number of a descriptor is.
func TestPathsAreUnique(t *testing.T) {
	seen := map[string]bool{}
	for range 300 {
		for _, make := range []func() (*Copy, error){
			func() (*Copy, error) { return InMemory("test:4", image, nil) },
			func() (*Copy, error) { return OnDisk(os.TempDir(), "test:4", image, nil) },
		} {
			c, err := make()
			require.NoError(t, err)
			assert.False(t, seen[c.Path()], c.Path())
			seen[c.Path()] = true
			require.NoError(t, c.Close())
		}
	}
	paths := map[string]uint64{}
	for serial := range uint64(5000) {
		p := descriptorPath(7, serial)
		require.True(t, strings.HasSuffix(p, "/fd/7"), "those of carriers (package tls) have something in between: %s", p)
		assert.NotContains(t, paths, p)
		assert.Equal(t, fmt.Sprintf("/proc/%d/fd/7", os.Getpid()), filepath.Clean(p), "a debugger opens it, too")
		paths[p] = serial
	}
	assert.Less(t, len(descriptorPath(1<<30, 1<<64-1)), 200)
}
