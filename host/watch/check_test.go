package watch_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/watch"
)

func whole(image []byte) error {
	return watch.Whole(bytes.NewReader(image), int64(len(image)))
}

// TestEveryTruncation cuts a library at every byte.
func TestEveryTruncation(t *testing.T) {
	image := library()
	require.NoError(t, whole(image))
	for n := range image {
		require.ErrorIs(t, whole(image[:n]), watch.ErrIncomplete, "%d of %d bytes", n, len(image))
	}
}

func TestWhole(t *testing.T) {
	assert.NoError(t, whole(other("a manifest behind the image")))
	assert.NoError(t, whole(largeLibrary()))
	itself, err := os.ReadFile("/proc/self/exe")
	require.NoError(t, err)
	assert.NoError(t, whole(itself), "what the Go linker writes")

	assert.ErrorIs(t, whole([]byte("MZ")), watch.ErrInvalid)
	assert.ErrorIs(t, whole([]byte("\x7fELG")), watch.ErrInvalid)
	assert.ErrorIs(t, whole(make([]byte, 1<<16)), watch.ErrIncomplete, "space that is not filled yet")
	reserved := append(bytes.Clone(library()[:4096]), make([]byte, len(library())-4096)...)
	assert.ErrorIs(t, whole(reserved), watch.ErrIncomplete, "space that is half filled")
}

func FuzzWhole(f *testing.F) {
	image := library()
	f.Add(image)
	f.Add(image[:100])
	f.Add([]byte("\x7fELF\x02\x01\x01"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, image []byte) {
		if whole(image) == nil {
			require.Greater(t, len(image), 52, "an ELF header")
			require.NoError(t, whole(append(image, 0)), "bytes behind the image do no harm")
		}
	})
}
