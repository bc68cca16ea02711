package elfimage

import (
	"debug/elf"
	"runtime"
)

// arch holds the relocation types that this package understands, under the
// psABI's numbers. R_*_NONE is 0 everywhere.
type arch struct {
	goarch   string
	relative uint32 // load address + addend
	tpoff    uint32 // initial-exec: offset from the thread pointer
	dtpmod   uint32 // general and local dynamic: module id
	tlsdesc  uint32 // general and local dynamic: descriptor
}

// https://gitlab.com/x86-psABIs/x86-64-ABI, "Relocation Types";
// https://github.com/ARM-software/abi-aa, aaelf64, "Dynamic relocations".
var arches = map[elf.Machine]arch{
	elf.EM_X86_64: {
		goarch:   "amd64",
		relative: uint32(elf.R_X86_64_RELATIVE),
		tpoff:    uint32(elf.R_X86_64_TPOFF64),
		dtpmod:   uint32(elf.R_X86_64_DTPMOD64),
		tlsdesc:  uint32(elf.R_X86_64_TLSDESC),
	},
	elf.EM_AARCH64: {
		goarch:   "arm64",
		relative: uint32(elf.R_AARCH64_RELATIVE),
		tpoff:    uint32(elf.R_AARCH64_TLS_TPREL64),
		dtpmod:   uint32(elf.R_AARCH64_TLS_DTPMOD64),
		tlsdesc:  uint32(elf.R_AARCH64_TLSDESC),
	},
	// Libraries load on these, but can't be unloaded.
	// https://github.com/riscv-non-isa/riscv-elf-psabi-doc,
	// https://github.com/loongson/la-abi-specs, laelf; ELFv2 for Power, 3.5.
	elf.EM_RISCV: {
		goarch:   "riscv64",
		relative: uint32(elf.R_RISCV_RELATIVE),
		tpoff:    uint32(elf.R_RISCV_TLS_TPREL64),
		dtpmod:   uint32(elf.R_RISCV_TLS_DTPMOD64),
		tlsdesc:  12, // R_RISCV_TLSDESC
	},
	elf.EM_LOONGARCH: {
		goarch:   "loong64",
		relative: uint32(elf.R_LARCH_RELATIVE),
		tpoff:    uint32(elf.R_LARCH_TLS_TPREL64),
		dtpmod:   uint32(elf.R_LARCH_TLS_DTPMOD64),
		tlsdesc:  14, // R_LARCH_TLS_DESC64
	},
	elf.EM_PPC64: {
		goarch:   "ppc64le",
		relative: uint32(elf.R_PPC64_RELATIVE),
		tpoff:    uint32(elf.R_PPC64_TPREL64),
		dtpmod:   uint32(elf.R_PPC64_DTPMOD64),
		tlsdesc:  uint32(elf.R_PPC64_DTPMOD64), // there are none
	},
}

// hostMachine is EM_NONE on an architecture that this package doesn't know.
func hostMachine() elf.Machine {
	for m, a := range arches {
		if a.goarch == runtime.GOARCH {
			return m
		}
	}
	return elf.EM_NONE
}

// describe names a machine as a Go programmer knows it.
func describe(m elf.Machine) string {
	if a, ok := arches[m]; ok {
		return a.goarch + " (" + m.String() + ")"
	}
	if m == elf.EM_NONE {
		return runtime.GOARCH
	}
	return m.String()
}
