package elfimage

import (
	"debug/elf"
	"math/bits"
)

// relocs are the relocation tables that the dynamic section names.
type relocs struct {
	rela []relaTable
	relr []byte // packed relative relocations
}

type relaTable struct {
	off uint64 // in the file
	b   []byte
}

// rawRela is an Elf64_Rela.
type rawRela []byte

func (r rawRela) addr() uint64   { return word(r, 0) }
func (r rawRela) typ() uint32    { return half(r, 8) }
func (r rawRela) sym() uint32    { return half(r, 12) }
func (r rawRela) addend() uint64 { return word(r, 16) }

// relocs finds the tables. The architectures of this package use Elf64_Rela only, and
// their dynamic linkers ignore DT_REL.
func (im *image) relocs(d *dynamic) (relocs, error) {
	var t relocs
	for _, x := range []struct {
		what            string
		addr, size, ent elf.DynTag
		bytes           uint64
	}{
		{"relocation table (DT_RELA)", elf.DT_RELA, elf.DT_RELASZ, elf.DT_RELAENT, relaSize},
		{"relocation table (DT_JMPREL)", elf.DT_JMPREL, elf.DT_PLTRELSZ, 0, relaSize},
		{"relocation table (DT_RELR)", dtRelr, dtRelrSz, dtRelrEnt, 8},
	} {
		addr, present := d.val[x.addr]
		if !present {
			continue
		}
		if n, ok := d.val[x.ent]; ok && n != x.bytes {
			return t, corrupt("%s with entries of %d bytes", x.what, n)
		}
		b, err := im.table(x.what, addr, d.val[x.size], x.bytes)
		if err != nil {
			return t, err
		}
		if x.addr == dtRelr {
			t.relr = b
			continue
		}
		off, _ := im.offset(addr, 1)
		t.rela = append(t.rela, relaTable{off, b})
	}
	if kind, ok := d.val[elf.DT_PLTREL]; ok && elf.DynTag(kind) != elf.DT_RELA {
		return t, corrupt("relocations of kind %d (DT_PLTREL)", kind)
	}
	return t, im.checkRelaCount(d)
}

// checkRelaCount checks DT_RELACOUNT, the number of relative relocations at the
// beginning of the table. The dynamic linker applies them without looking at their type.
func (im *image) checkRelaCount(d *dynamic) error {
	n := d.val[elf.DT_RELACOUNT]
	if n > d.val[elf.DT_RELASZ]/relaSize {
		return corrupt("%d relative relocations (DT_RELACOUNT) in a table of %d bytes", n, d.val[elf.DT_RELASZ])
	}
	b, _ := im.at(d.val[elf.DT_RELA], n*relaSize)
	for at := 0; at+relaSize <= len(b); at += relaSize {
		if typ := rawRela(b[at:]).typ(); typ != im.arch.relative {
			return corrupt("relocation %d has type %d among the relative ones (DT_RELACOUNT)", at/relaSize, typ)
		}
	}
	return nil
}

// all yields each Elf64_Rela with its file offset; it is an iter.Seq2.
func (t relocs) all(yield func(uint64, rawRela) bool) {
	for _, table := range t.rela {
		for at := 0; at+relaSize <= len(table.b); at += relaSize {
			if !yield(table.off+uint64(at), rawRela(table.b[at:at+relaSize])) {
				return
			}
		}
	}
}

// pointers yields where the dynamic linker will put a pointer into the image,
// and the address that it points at.
func (im *image) pointers(t relocs, yield func(where, to uint64) bool) {
	for _, r := range t.all {
		if r.typ() == im.arch.relative && !yield(r.addr(), r.addend()) {
			return
		}
	}
	im.packedPointers(t.relr, yield)
}

// packedPointers decodes DT_RELR: an even entry is an address; an odd one is a bitmap
// of the next 63 words. The addends are what the file has at those places.
func (im *image) packedPointers(relr []byte, yield func(where, to uint64) bool) {
	emit := func(where uint64) bool {
		b, ok := im.at(where, 8)
		return !ok || yield(where, word(b, 0))
	}
	var next uint64
	for at := 0; at+8 <= len(relr); at += 8 {
		entry := word(relr, at)
		if entry&1 == 0 {
			if !emit(entry) {
				return
			}
			next = entry + 8
			continue
		}
		for set := entry >> 1; set != 0; set &= set - 1 {
			if !emit(next + 8*uint64(bits.TrailingZeros64(set))) {
				return
			}
		}
		next += 63 * 8
	}
}
