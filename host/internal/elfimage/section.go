package elfimage

import (
	"debug/elf"
	"encoding/binary"
)

// symtab is the static symbol table; empty in a stripped library.
type symtab struct {
	syms []byte
	str  strtab
}

// readSections checks the section headers, which a library need not have,
// finds the static symbol table and the end of the image.
func (s *Spec) readSections() error {
	im := s.im
	end := im.end()
	shoff := word(im.b, 40)
	entsize := binary.LittleEndian.Uint16(im.b[58:])
	n := uint64(binary.LittleEndian.Uint16(im.b[60:]))
	if shoff == 0 && n == 0 {
		s.ImageEnd = int64(end)
		return nil
	}
	if n == 0 || entsize != shdrSize {
		return corrupt("%d section headers of %d bytes", n, entsize)
	}
	b, ok := im.slice(shoff, n*shdrSize)
	if !ok {
		return corrupt("%d section headers at %#x: outside the file of %#x bytes", n, shoff, len(im.b))
	}
	s.HasSection = true
	end = max(end, shoff+n*shdrSize)
	for i := range n {
		h := b[i*shdrSize:]
		data, typ, err := im.section(h, i)
		if err != nil {
			return err
		}
		if data != nil {
			end = max(end, word(h, 24)+word(h, 32))
		}
		if typ == elf.SHT_SYMTAB && !s.HasSymtab {
			if err := s.readSymtab(b, h, data); err != nil {
				return err
			}
		}
	}
	s.ImageEnd = int64(end)
	return nil
}

// section returns the bytes of the section with header h, nil when the file
// has none for it.
func (im *image) section(h []byte, i uint64) ([]byte, elf.SectionType, error) {
	typ := elf.SectionType(half(h, 4))
	if typ == elf.SHT_NULL || typ == elf.SHT_NOBITS {
		return nil, typ, nil
	}
	data, ok := im.slice(word(h, 24), word(h, 32))
	if !ok {
		return nil, typ, corrupt("section %d (%v) has %#x bytes at %#x: outside the file of %#x bytes",
			i, typ, word(h, 32), word(h, 24), len(im.b))
	}
	return data, typ, nil
}

// readSymtab takes the static symbol table with header h from among headers.
func (s *Spec) readSymtab(headers, h, syms []byte) error {
	link := uint64(half(h, 40))
	if word(h, 56) != symSize || len(syms)%symSize != 0 || link >= uint64(len(headers))/shdrSize {
		return corrupt("static symbol table of %d bytes, %d each, with names in section %d", len(syms), word(h, 56), link)
	}
	str, typ, err := s.im.section(headers[link*shdrSize:], link)
	if err != nil {
		return err
	}
	if typ != elf.SHT_STRTAB {
		return corrupt("names of the static symbol table are in section %d, which is %v", link, typ)
	}
	s.HasSymtab, s.symtab = true, symtab{syms, strtab(str)}
	return nil
}

// find returns the first defined symbol of that name.
func (t symtab) find(name string) (Sym, bool) {
	for r := range t.all {
		if r.shndx() != elf.SHN_UNDEF && t.str.is(r.name(), name) {
			return Sym{Name: name, Value: r.value(), Size: r.size(), Type: r.typ()}, true
		}
	}
	return Sym{}, false
}

// all yields each symbol; it is an iter.Seq.
func (t symtab) all(yield func(rawSym) bool) {
	for at := 0; at+symSize <= len(t.syms); at += symSize {
		if !yield(rawSym(t.syms[at : at+symSize])) {
			return
		}
	}
}
