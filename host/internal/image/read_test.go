package image

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/life"
)

// Whatever its size is, and whatever was there before, a file is read as it is.
func TestReadFile(t *testing.T) {
	page := os.Getpagesize()
	path := filepath.Join(t.TempDir(), "file")
	scratch := new(Scratch)
	for _, size := range []int{0, 1, page - 1, page, page + 1, 2*page - 1, 2 * page, 5*page + 7, page} {
		want := make([]byte, size)
		for i := range want {
			want[i] = byte(i*7 + size)
		}
		require.NoError(t, os.WriteFile(path, want, 0o600))
		got, err := Read(path, scratch.Alloc)
		require.NoError(t, err, "%d bytes", size)
		assert.Equal(t, string(want), string(got), "%d bytes", size)
		got, err = Read(path, OnHeap)
		require.NoError(t, err)
		assert.Equal(t, string(want), string(got), "%d bytes", size)
	}
}

// A file that gets shorter while it is read is not read.
func TestReadFileThatShrinks(t *testing.T) {
	page := int64(os.Getpagesize())
	path := filepath.Join(t.TempDir(), "file")
	for _, left := range []int64{0, 1, page, 3*page - 1} {
		require.NoError(t, os.WriteFile(path, make([]byte, 3*page), 0o600))
		_, err := Read(path, func(n int64) []byte {
			require.NoError(t, os.Truncate(path, left))
			return make([]byte, n)
		})
		assert.ErrorIs(t, err, life.ErrNotFound, "%d bytes", left)
		assert.ErrorIs(t, err, io.ErrUnexpectedEOF, "%d bytes", left)
	}
}

func TestInHalves(t *testing.T) {
	page := os.Getpagesize()
	b := make([]byte, 3*page)
	first, second := errors.New("first"), errors.New("second")
	fail := func(errs map[int64]error) error {
		return inHalves(b, func(half []byte, at int64) error {
			assert.Equal(t, &b[at], &half[0])
			return errs[at]
		})
	}
	assert.NoError(t, fail(nil))
	assert.Equal(t, first, fail(map[int64]error{0: first, int64(page): second}))
	assert.Equal(t, second, fail(map[int64]error{int64(page): second}))
}
