package tls

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestImage(t *testing.T) {
	for machine, relocation := range map[elf.Machine]uint32{
		elf.EM_X86_64:  uint32(elf.R_X86_64_TPOFF64),
		elf.EM_AARCH64: uint32(elf.R_AARCH64_TLS_TPREL64),
	} {
		t.Run(machine.String(), func(t *testing.T) {
			content, err := image(machine, 1024, 16)
			require.NoError(t, err)
			f, err := elf.NewFile(bytes.NewReader(content))
			require.NoError(t, err)
			assert.Equal(t, elf.ET_DYN, f.Type)
			assert.Equal(t, machine, f.Machine)

			progs := map[elf.ProgType]*elf.Prog{}
			for _, p := range f.Progs {
				progs[p.Type] = p
				assert.Zero(t, p.Flags&elf.PF_X, "%s is executable", p.Type)
				assert.LessOrEqual(t, p.Off+p.Filesz, uint64(len(content)))
			}
			require.Len(t, progs, 4)
			assert.EqualValues(t, len(content), progs[elf.PT_LOAD].Filesz)
			assert.EqualValues(t, 1024, progs[elf.PT_TLS].Memsz)
			assert.EqualValues(t, 16, progs[elf.PT_TLS].Align)
			assert.Zero(t, progs[elf.PT_TLS].Filesz)
			assert.Contains(t, progs, elf.PT_GNU_STACK)

			dynamic := map[elf.DynTag]uint64{}
			var entries [10]elf.Dyn64
			require.NoError(t, binary.Read(progs[elf.PT_DYNAMIC].Open(), binary.LittleEndian, &entries))
			for _, d := range entries {
				dynamic[elf.DynTag(d.Tag)] = d.Val
			}
			assert.EqualValues(t, elf.DF_STATIC_TLS, dynamic[elf.DT_FLAGS])

			at := func(tag elf.DynTag, v any) {
				require.NoError(t, binary.Read(bytes.NewReader(content[dynamic[tag]:]), binary.LittleEndian, v))
			}
			var symbols [2]elf.Sym64
			at(elf.DT_SYMTAB, &symbols)
			name := content[dynamic[elf.DT_STRTAB]+uint64(symbols[1].Name):]
			assert.Equal(t, offsetSymbol+"\x00", string(name))
			var rela elf.Rela64
			at(elf.DT_RELA, &rela)
			assert.Equal(t, elf.Rela64{Off: symbols[1].Value, Info: elf.R_INFO(0, relocation)}, rela)
			assert.Zero(t, rela.Off%8)
			var hash [5]uint32
			at(elf.DT_HASH, &hash)
			assert.Equal(t, [5]uint32{1, 2, 1, 0, 0}, hash)
		})
	}
}

func TestImageOfUnknownMachine(t *testing.T) {
	_, err := image(elf.EM_386, 1024, 16)
	assert.ErrorContains(t, err, "EM_386")
}
