package elfimage

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What is unique in the process becomes the library's own, or another object's, and can be
// undone.
func TestClearUnique(t *testing.T) {
	for name, lib := range map[string]built{
		"amd64": build(gcc, "unique.so", gcc, "-fPIC", "-shared", "-o", out, "testdata/unique.c"),
		"sysv":  build(gcc, "uniquesysv.so", gcc, "-fPIC", "-shared", "-Wl,--hash-style=sysv", "-o", out, "testdata/unique.c"),
		"arm64": build(armGCC, "uniquearm.so", armGCC, "-fPIC", "-shared", "-o", out, "testdata/unique.c"),
	} {
		t.Run(name, func(t *testing.T) {
			b := lib.bytes(t)
			spec, err := ParseFor(b, elf.Machine(binary.LittleEndian.Uint16(b[18:])))
			require.NoError(t, err)
			assert.ElementsMatch(t, []string{"own", "shared_too"}, spec.Unique())
			assert.NotContains(t, spec.Imports(), "own")

			p := NewPatcher(spec)
			p.ClearUnique(func(name string) bool { return name == "shared_too" })
			c := edited(p)
			f, err := elf.NewFile(bytes.NewReader(c))
			require.NoError(t, err)
			symbols, err := f.DynamicSymbols()
			require.NoError(t, err)
			seen := 0
			for _, s := range symbols {
				switch s.Name {
				case "own":
					assert.NotZero(t, s.Value)
					assert.NotEqual(t, elf.SHN_UNDEF, s.Section)
				case "shared_too":
					assert.Zero(t, s.Value)
					assert.Equal(t, elf.SHN_UNDEF, s.Section)
				default:
					continue
				}
				seen++
				assert.Equal(t, elf.STB_WEAK, elf.ST_BIND(s.Info))
				assert.Equal(t, elf.STT_OBJECT, elf.ST_TYPE(s.Info))
			}
			assert.Equal(t, 2, seen)
			Undo(c, p.Edits())
			assert.Equal(t, b, c)
		})
	}
}
