package elfimage

import (
	"debug/elf"
	"encoding/binary"
)

// stbGNUUnique is STB_GNU_UNIQUE of <elf.h>: one definition for the whole process, whoever
// was loaded first. GCC gives it to the static variables of C++ templates and inline functions.
// The dynamic linker never unloads an object whose definition it took (glibc, elf/dl-lookup.c,
// do_lookup_unique), and binds all that come later to it.
const stbGNUUnique elf.SymBind = 10

// Unique are the names of the symbols that the image defines as STB_GNU_UNIQUE.
func (s *Spec) Unique() (names []string) {
	for name := range s.unique {
		names = append(names, name)
	}
	return names
}

// unique yields the names, and where in the file the symbols are; it is an iter.Seq2.
func (s *Spec) unique(yield func(string, uint64) bool) {
	for i := uint64(1); i < s.dyn.count; i++ {
		r, ok := s.dyn.sym(i)
		if !ok || r.bind() != stbGNUUnique || r.shndx() == elf.SHN_UNDEF {
			continue
		}
		name, _ := s.dyn.str.at(r.name()) // readExports has checked it
		if off, ok := s.im.offset(s.dyn.addr+i*symSize, symSize); ok && !yield(name, off) {
			return
		}
	}
}

// ClearUnique makes these symbols ordinary ones, of the binding that they have in objects
// compiled with -fno-gnu-unique: each version has its own, and goes when it is unloaded.
// Those that a needed object defines as well, as elsewhere says, become undefined here:
// the two have the same one, as before. References to either go through the dynamic symbol
// table (ld(1): -Bsymbolic does not bind STB_GNU_UNIQUE), so they follow.
func (p *Patcher) ClearUnique(elsewhere func(name string) bool) {
	const info, shndx, value = 4, 6, 8 // in Elf64_Sym; other, in between, stays
	for name, off := range p.s.unique {
		typ := p.s.im.b[off+info] & 0xf
		p.put(off+info, []byte{byte(elf.STB_WEAK)<<4 | typ})
		if elsewhere(name) {
			p.put(off+shndx, binary.LittleEndian.AppendUint16(nil, uint16(elf.SHN_UNDEF)))
			p.put64(off+value, 0) // or the symbol would be taken for a function's PLT entry
		}
	}
}
