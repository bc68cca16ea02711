package elfimage

import (
	"debug/elf"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What is read-only is the code, in whole pages, and no page of it has a byte of a writable
// segment.
func TestReadOnly(t *testing.T) {
	for name, b := range map[string][]byte{"Go": goPlain.bytes(t), "stripped": goStripped.bytes(t)} {
		s, err := Parse(b)
		require.NoError(t, err, name)
		for _, page := range []uint64{4096, 65536} {
			parts := s.ReadOnly(page)
			code := false
			for _, p := range parts {
				assert.Zero(t, (p.Off|p.Vaddr|p.Size)%page, "%s: %+v", name, p)
				for _, l := range s.im.loads {
					if elf.ProgFlag(l.Flags)&elf.PF_W != 0 {
						assert.False(t, l.Off < p.Off+p.Size && p.Off < l.Off+l.Filesz, "%s: %+v", name, p)
					}
				}
				code = code || p.Flags&elf.PF_X != 0 && p.Size > 1<<18
			}
			assert.True(t, code || page > 4096, name)
		}
	}
}
