package elfimage

import "debug/elf"

// Inits is how many functions the dynamic linker runs during the load (DT_INIT_ARRAY).
func (s *Spec) Inits() int { return int((s.im.inits.High - s.im.inits.Low) / 8) }

// irelative are R_*_IRELATIVE: the address is what a function of the image returns.
var irelative = map[elf.Machine]uint32{
	elf.EM_X86_64:    uint32(elf.R_X86_64_IRELATIVE),
	elf.EM_AARCH64:   uint32(elf.R_AARCH64_IRELATIVE),
	elf.EM_RISCV:     58, // R_RISCV_IRELATIVE
	elf.EM_LOONGARCH: uint32(elf.R_LARCH_IRELATIVE),
	elf.EM_PPC64:     248, // R_PPC64_IRELATIVE
}

// Indirect is how many addresses code of the image works out during the load (STT_GNU_IFUNC).
func (s *Spec) Indirect() (n int) {
	for _, r := range s.im.rel.all {
		if r.typ() == irelative[s.Machine] {
			n++
		}
	}
	for _, e := range s.Exports {
		if e.Type == elf.STT_GNU_IFUNC {
			n++
		}
	}
	return n
}

// HasSymbol reports whether the static symbol table has a defined symbol whose name is as is
// says. In a stripped library it finds none.
func (s *Spec) HasSymbol(is func(name string) bool) bool {
	for r := range s.symtab.all {
		if r.shndx() == elf.SHN_UNDEF {
			continue
		}
		if name, ok := s.symtab.str.at(r.name()); ok && is(name) {
			return true
		}
	}
	return false
}
