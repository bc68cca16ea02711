package elfimage

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The headers alone tell where a file ends, as all of it does.
func TestExtent(t *testing.T) {
	for name, b := range map[string][]byte{"Go": goPlain.bytes(t), "stripped": goStripped.bytes(t)} {
		s, err := Parse(b)
		require.NoError(t, err, name)
		end, err := Extent(bytes.NewReader(b), int64(len(b)))
		require.NoError(t, err, name)
		assert.Equal(t, s.ImageEnd, end, name)
		longer := append(bytes.Clone(b), make([]byte, 1<<20)...)
		again, err := Extent(bytes.NewReader(longer), int64(len(longer)))
		require.NoError(t, err, name)
		assert.Equal(t, end, again, name)

		for _, at := range []int{36, 44, 54, 58} { // tables outside, and entries of another size
			damaged := bytes.Clone(b)
			binary.LittleEndian.PutUint16(damaged[at:], 0x7fff)
			_, err := Extent(bytes.NewReader(damaged), int64(len(damaged)))
			assert.ErrorIs(t, err, ErrCorrupt, "%s: %d", name, at)
		}
		_, err = Extent(bytes.NewReader(b), s.ImageEnd-1)
		assert.ErrorIs(t, err, ErrCorrupt, name)
	}
}
