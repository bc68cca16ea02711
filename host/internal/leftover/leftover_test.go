package leftover_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/leftover"
)

// Only what is ours by name, and held by nobody, is removed.
func TestSweep(t *testing.T) {
	dir := t.TempDir()
	at := func(base string) string { return filepath.Join(dir, base) }
	file := func(base, content string) { require.NoError(t, os.WriteFile(at(base), []byte(content), 0o600)) }
	held := func(base string) *os.File {
		f, err := os.Open(at(base))
		require.NoError(t, err)
		require.NoError(t, leftover.Hold(f))
		t.Cleanup(func() { _ = f.Close() })
		return f
	}
	hourAgo := time.Now().Add(-time.Hour)
	file(".new-left", "half")
	file(".new-held", "half")
	file(".new-just-made", "")
	file(".new-old-empty", "")
	require.NoError(t, os.Chtimes(at(".new-old-empty"), hourAgo, hourAgo))
	file("other", "content")
	require.NoError(t, os.Symlink("other", at(".new-link")))
	require.NoError(t, syscall.Mkfifo(at(".new-fifo"), 0o600))
	for _, d := range []string{".new-dir-left", ".new-dir-held"} {
		require.NoError(t, os.Mkdir(at(d), 0o700))
		file(d+"/library", "half")
		require.NoError(t, os.Symlink(at("other"), at(d+"/link")))
	}
	f := held(".new-held")
	held(".new-dir-held")

	leftover.Sweep(dir, ".new-")
	left := func() (names []string) {
		entries, err := os.ReadDir(dir)
		require.NoError(t, err)
		for _, e := range entries {
			names = append(names, e.Name())
		}
		return names
	}
	assert.Equal(t, []string{".new-dir-held", ".new-fifo", ".new-held", ".new-just-made", ".new-link", "other"}, left())
	require.NoError(t, f.Close())
	leftover.Sweep(dir, ".new-")
	assert.NotContains(t, left(), ".new-held")
	leftover.Sweep(at("missing"), ".new-")
}
