package elfimage

import (
	"cmp"
	"debug/elf"
	"slices"
)

// dynsyms is the dynamic symbol table. The dynamic section doesn't state its
// length, so each access is checked against the end of the file.
type dynsyms struct {
	im    *image
	addr  uint64
	count uint64 // as the hash tables give it, which is what dlsym can find
	str   strtab
}

// rawSym is an Elf64_Sym.
type rawSym []byte

func (r rawSym) name() uint64      { return uint64(half(r, 0)) }
func (r rawSym) typ() elf.SymType  { return elf.SymType(r[4] & 0xf) }
func (r rawSym) bind() elf.SymBind { return elf.SymBind(r[4] >> 4) }
func (r rawSym) vis() elf.SymVis   { return elf.SymVis(r[5] & 3) }
func (r rawSym) shndx() elf.SectionIndex {
	return elf.SectionIndex(uint16(r[6]) | uint16(r[7])<<8)
}
func (r rawSym) value() uint64 { return word(r, 8) }
func (r rawSym) size() uint64  { return word(r, 16) }

// global reports whether other objects can bind to the symbol.
func (r rawSym) global() bool {
	switch r.bind() {
	case elf.STB_GLOBAL, elf.STB_WEAK, stbGNUUnique:
		return r.vis() == elf.STV_DEFAULT || r.vis() == elf.STV_PROTECTED
	}
	return false
}

func (im *image) dynsym(d *dynamic, str strtab) (*dynsyms, error) {
	if n := d.val[elf.DT_SYMENT]; n != symSize {
		return nil, corrupt("dynamic symbols of %d bytes (DT_SYMENT)", n)
	}
	t := &dynsyms{im: im, addr: d.val[elf.DT_SYMTAB], str: str}
	var ok bool
	switch {
	case d.val[elf.DT_GNU_HASH] != 0:
		t.count, ok = im.gnuHashCount(d.val[elf.DT_GNU_HASH])
	case d.val[elf.DT_HASH] != 0:
		// gABI: nbucket, nchain; there is a chain entry for each symbol.
		var b []byte
		if b, ok = im.at(d.val[elf.DT_HASH], 8); ok {
			t.count = uint64(half(b, 4))
		}
	default:
		return nil, corrupt("no hash table for symbols (DT_GNU_HASH, DT_HASH)")
	}
	if !ok {
		return nil, corrupt("hash table for symbols points outside the file's segments")
	}
	if _, err := im.table("dynamic symbol table (DT_SYMTAB)", t.addr, t.count*symSize, symSize); err != nil {
		return nil, err
	}
	return t, nil
}

// gnuHashCount finds the number of symbols that a GNU hash table covers, which
// it doesn't state: the chain of the highest bucket ends with the last symbol.
// https://sourceware.org/legacy-ml/binutils/2006-10/msg00377.html
func (im *image) gnuHashCount(addr uint64) (uint64, bool) {
	h, ok := im.tail(addr)
	if !ok || len(h) < 16 {
		return 0, false
	}
	buckets, first, bloom := uint64(half(h, 0)), uint64(half(h, 4)), uint64(half(h, 8))
	chains := 16 + bloom*8 + buckets*4 // below 2^36: no overflow
	if chains > uint64(len(h)) {
		return 0, false
	}
	var last uint64
	for i := range buckets {
		last = max(last, uint64(half(h, int(chains-buckets*4+i*4))))
	}
	if last == 0 {
		return 0, true // exports nothing
	}
	if last < first {
		return 0, false
	}
	for at := chains + (last-first)*4; at+4 <= uint64(len(h)); at += 4 {
		last++
		if half(h, int(at))&1 != 0 {
			return last, true
		}
	}
	return 0, false
}

func (t *dynsyms) sym(i uint64) (rawSym, bool) {
	return t.im.at(t.addr+i*symSize, symSize)
}

// readExports collects what dlsym can find, and notes exported TLS variables.
func (s *Spec) readExports() error {
	t := s.dyn
	for i := uint64(1); i < t.count; i++ {
		r, ok := t.sym(i)
		if !ok {
			return corrupt("dynamic symbol %d is outside the file's segments", i)
		}
		if !r.global() || r.shndx() == elf.SHN_UNDEF || r.shndx() == elf.SHN_ABS {
			continue
		}
		name, ok := t.str.at(r.name())
		if !ok {
			return corrupt("name of dynamic symbol %d at %#x of the string table", i, r.name())
		}
		switch r.typ() {
		case elf.STT_TLS:
			s.TLS.Exported = true
			continue
		case elf.STT_FUNC, elf.STT_GNU_IFUNC:
			if !s.im.executable(r.value()) {
				return corrupt("function %q at %#x is not in an executable segment", name, r.value())
			}
		case elf.STT_OBJECT:
		default:
			continue
		}
		s.Exports = append(s.Exports, Sym{Name: name, Value: r.value(), Size: r.size(), Type: r.typ()})
	}
	slices.SortStableFunc(s.Exports, func(a, b Sym) int { return cmp.Compare(a.Name, b.Name) })
	return nil
}
