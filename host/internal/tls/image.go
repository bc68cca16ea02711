package tls

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
)

// offsetSymbol names the exported word that the dynamic linker fills with the
// offset of the carrier's block from the thread pointer.
const offsetSymbol = "hotso_tls_offset"

// Alignment of the one loadable segment: the largest page size of any
// supported machine, so one image serves all kernels.
const segmentAlign = 0x10000

// image builds the carrier: an ELF64 shared object without code. Its single
// segment is readable and writable and is its own headers, symbol table,
// relocation and data word; its PT_TLS asks for size zero bytes.
//
// The relocation is what puts the block into static TLS: a TPOFF64 (arm64:
// TLS_TPREL64) makes glibc reserve static space while it relocates, or fail
// (elf/dl-reloc.c, CHECK_STATIC_TLS). Its symbol index 0 stands for "this
// module's block", as in the psABI's local-exec-in-a-library case.
func image(machine elf.Machine, size, align uint64) ([]byte, error) {
	relocation, err := offsetRelocation(machine)
	if err != nil {
		return nil, err
	}
	const (
		segments = 4
		dynamics = 10
		relocs   = 1
		symbols  = 2

		dynamicAt = 64 + segments*56
		symtabAt  = dynamicAt + dynamics*16
		relaAt    = symtabAt + symbols*24
		hashAt    = relaAt + relocs*24
		wordAt    = (hashAt + 5*4 + 7) &^ 7
		strtabAt  = wordAt + 8
	)
	strtab := "\x00" + offsetSymbol + "\x00"
	end := uint64(strtabAt + len(strtab))

	var ident [elf.EI_NIDENT]byte
	copy(ident[:], elf.ELFMAG)
	ident[elf.EI_CLASS] = byte(elf.ELFCLASS64)
	ident[elf.EI_DATA] = byte(elf.ELFDATA2LSB)
	ident[elf.EI_VERSION] = byte(elf.EV_CURRENT)

	parts := []any{
		elf.Header64{
			Ident: ident, Type: uint16(elf.ET_DYN), Machine: uint16(machine), Version: uint32(elf.EV_CURRENT),
			Phoff: 64, Ehsize: 64, Phentsize: 56, Phnum: segments,
		},
		[segments]elf.Prog64{
			{Type: uint32(elf.PT_LOAD), Flags: uint32(elf.PF_R | elf.PF_W), Filesz: end, Memsz: end, Align: segmentAlign},
			{Type: uint32(elf.PT_DYNAMIC), Flags: uint32(elf.PF_R | elf.PF_W), Off: dynamicAt, Vaddr: dynamicAt,
				Paddr: dynamicAt, Filesz: dynamics * 16, Memsz: dynamics * 16, Align: 8},
			{Type: uint32(elf.PT_TLS), Flags: uint32(elf.PF_R), Memsz: size, Align: align},
			{Type: uint32(elf.PT_GNU_STACK), Flags: uint32(elf.PF_R | elf.PF_W), Align: 16},
		},
		[dynamics]elf.Dyn64{
			{Tag: int64(elf.DT_HASH), Val: hashAt},
			{Tag: int64(elf.DT_STRTAB), Val: strtabAt},
			{Tag: int64(elf.DT_STRSZ), Val: uint64(len(strtab))},
			{Tag: int64(elf.DT_SYMTAB), Val: symtabAt},
			{Tag: int64(elf.DT_SYMENT), Val: 24},
			{Tag: int64(elf.DT_RELA), Val: relaAt},
			{Tag: int64(elf.DT_RELASZ), Val: relocs * 24},
			{Tag: int64(elf.DT_RELAENT), Val: 24},
			{Tag: int64(elf.DT_FLAGS), Val: uint64(elf.DF_STATIC_TLS)},
			{Tag: int64(elf.DT_NULL)},
		},
		[symbols]elf.Sym64{
			{},
			// There are no sections; any index except SHN_UNDEF means "defined here".
			{Name: 1, Info: elf.ST_INFO(elf.STB_GLOBAL, elf.STT_OBJECT), Shndx: 1, Value: wordAt, Size: 8},
		},
		[relocs]elf.Rela64{{Off: wordAt, Info: elf.R_INFO(0, relocation)}},
		// One bucket, whose chain begins and ends with symbol 1.
		[5]uint32{1, symbols, 1, 0, 0},
		make([]byte, wordAt-(hashAt+5*4)),
		uint64(0),
		[]byte(strtab),
	}
	var out bytes.Buffer
	for _, part := range parts {
		if err := binary.Write(&out, binary.LittleEndian, part); err != nil {
			return nil, fmt.Errorf("tls: build the carrier: %w", err)
		}
	}
	return out.Bytes(), nil
}

func offsetRelocation(machine elf.Machine) (uint32, error) {
	switch machine {
	case elf.EM_X86_64:
		return uint32(elf.R_X86_64_TPOFF64), nil
	case elf.EM_AARCH64:
		return uint32(elf.R_AARCH64_TLS_TPREL64), nil
	}
	return 0, fmt.Errorf("tls: no carrier for %v", machine)
}
