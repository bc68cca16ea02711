package host_test

import (
	"bytes"
	"debug/elf"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/cabi/abi/manifest"
)

// A region is a part of a sealed library: bytes low to high of the file.
type region struct {
	name      string
	low, high int
}

// regionsOf splits a sealed library into its parts, so that damage can be spread evenly
// over these, however large each is. cuts are the borders.
func regionsOf(t *testing.T, file []byte) (regions []region, cuts []int) {
	s, err := manifest.Unseal(file)
	require.NoError(t, err)
	f, err := elf.NewFile(bytes.NewReader(s.Image))
	require.NoError(t, err)
	const ehdr, phdr, shdr = 64, 56, 64 // sizes in ELF64
	add := func(name string, low, size int) {
		if size > 0 {
			regions = append(regions, region{name, low, low + size})
			cuts = append(cuts, low, low+size)
		}
	}
	number := func(at, size int) (n int) {
		for i := size - 1; i >= 0; i-- {
			n = n<<8 | int(s.Image[at+i])
		}
		return n
	}
	add("file header", 0, ehdr)
	add("program headers", ehdr, len(f.Progs)*phdr)
	add("section headers", number(40, 8), number(60, 2)*shdr)
	kinds := map[elf.SectionType]string{
		elf.SHT_DYNAMIC: "dynamic section", elf.SHT_DYNSYM: "dynamic symbols", elf.SHT_STRTAB: "strings",
		elf.SHT_NOTE: "notes", elf.SHT_RELA: "relocations", elf.SHT_GNU_HASH: "hash table", elf.SHT_SYMTAB: "symbols",
	}
	for _, section := range f.Sections {
		kind := kinds[section.Type]
		switch {
		case section.Type == elf.SHT_NOBITS:
			continue
		case kind != "":
		case section.Flags&elf.SHF_EXECINSTR != 0:
			kind = "text"
		case section.Flags&elf.SHF_ALLOC != 0:
			kind = "data"
		default:
			kind = "other sections"
		}
		add(kind, int(section.Offset), int(section.FileSize))
	}
	at := len(s.Image)
	add("payload", at, len(s.Payload))
	add("signature", at+len(s.Payload), len(s.Signature))
	add("footer", len(file)-manifest.FooterSize, manifest.FooterSize)
	add("anywhere", 0, len(file))
	return regions, cuts
}
