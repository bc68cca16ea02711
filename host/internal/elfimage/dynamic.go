package elfimage

import (
	"debug/elf"
	"fmt"
)

// dynamic holds the values of the dynamic section by tag.
type dynamic struct {
	val    map[elf.DynTag]uint64
	needed []uint64 // offsets into the string table

	entries map[elf.DynTag][]uint64 // file offsets of the entries that a private copy may have otherwise
}

// The dynamic linker loads these as it does a DT_NEEDED (elf/dl-deps.c); debug/elf has no
// names for them (Oracle, Linker and Libraries Guide, "Dynamic Section").
const (
	dtAuxiliary elf.DynTag = 0x7ffffffd
	dtFilter    elf.DynTag = 0x7fffffff
)

// dynTags are the tags worth keeping.
var dynTags = map[elf.DynTag]bool{
	elf.DT_SONAME: true, elf.DT_STRTAB: true, elf.DT_STRSZ: true,
	elf.DT_SYMTAB: true, elf.DT_SYMENT: true, elf.DT_HASH: true, elf.DT_GNU_HASH: true,
	elf.DT_RELA: true, elf.DT_RELASZ: true, elf.DT_RELAENT: true, elf.DT_RELACOUNT: true,
	elf.DT_JMPREL: true, elf.DT_PLTRELSZ: true, elf.DT_PLTREL: true,
	dtRelr: true, dtRelrSz: true, dtRelrEnt: true, elf.DT_TEXTREL: true,
	elf.DT_INIT_ARRAY: true, elf.DT_INIT_ARRAYSZ: true,
	elf.DT_FINI_ARRAY: true, elf.DT_FINI_ARRAYSZ: true, elf.DT_INIT: true, elf.DT_FINI: true,
	elf.DT_RPATH: true, elf.DT_RUNPATH: true,
	elf.DT_VERSYM: true, elf.DT_VERNEED: true, elf.DT_VERNEEDNUM: true,
}

// Packed relative relocations, gABI; debug/elf has no names for them.
const (
	dtRelrSz  elf.DynTag = 35
	dtRelr    elf.DynTag = 36
	dtRelrEnt elf.DynTag = 37
)

// readDynamic reads the dynamic section and what it points at.
func (s *Spec) readDynamic() error {
	d, err := s.im.dynamic()
	if err != nil {
		return err
	}
	if err := s.readFlags(d); err != nil {
		return err
	}
	s.im.dyn = d
	s.im.inits = Range{d.val[elf.DT_INIT_ARRAY], d.val[elf.DT_INIT_ARRAY] + d.val[elf.DT_INIT_ARRAYSZ]}
	s.im.finis = Range{d.val[elf.DT_FINI_ARRAY], d.val[elf.DT_FINI_ARRAY] + d.val[elf.DT_FINI_ARRAYSZ]}
	b, err := s.im.table("string table (DT_STRTAB)", d.val[elf.DT_STRTAB], d.val[elf.DT_STRSZ], 1)
	if err != nil {
		return err
	}
	str := strtab(b)
	if err := s.readNames(d, str); err != nil {
		return err
	}
	syms, err := s.im.dynsym(d, str)
	if err != nil {
		return err
	}
	s.dyn = syms
	if err := s.readExports(); err != nil {
		return err
	}
	return s.readRelocs(d, syms)
}

// dynamic collects the section's entries up to DT_NULL. If a tag occurs twice, the
// last entry counts, as in glibc.
func (im *image) dynamic() (*dynamic, error) {
	var found *elf.Prog64
	for i := range im.progs {
		if elf.ProgType(im.progs[i].Type) == elf.PT_DYNAMIC {
			if found != nil {
				return nil, corrupt("program header %d is a second PT_DYNAMIC", i)
			}
			found = &im.progs[i]
		}
	}
	if found == nil {
		return nil, corrupt("no dynamic section (PT_DYNAMIC)")
	}
	// The dynamic linker goes by the address, file tools by the offset.
	if off, ok := im.offset(found.Vaddr, found.Filesz); !ok || off != found.Off {
		return nil, corrupt("dynamic section at %#x is in no segment", found.Vaddr)
	}
	b, _ := im.slice(found.Off, found.Filesz)
	d := &dynamic{val: map[elf.DynTag]uint64{}, entries: map[elf.DynTag][]uint64{}}
	for at := 0; at+dynSize <= len(b); at += dynSize {
		tag, val := elf.DynTag(word(b, at)), word(b, at+8)
		if tag != elf.DT_NULL {
			d.entries[tag] = append(d.entries[tag], found.Off+uint64(at))
		}
		switch tag {
		case elf.DT_NULL:
			return d, nil
		case elf.DT_NEEDED, dtAuxiliary, dtFilter:
			d.needed = append(d.needed, val)
		default:
			if dynTags[tag] {
				d.val[tag] = val
			}
		}
	}
	return nil, corrupt("dynamic section at %#x has no end (DT_NULL)", found.Vaddr)
}

func (s *Spec) readFlags(d *dynamic) error {
	_, s.TextReloc = d.val[elf.DT_TEXTREL]
	for _, off := range d.entries[elf.DT_FLAGS] {
		f := elf.DynFlag(word(s.im.b, int(off)+8))
		s.StaticTLS = s.StaticTLS || f&elf.DF_STATIC_TLS != 0
		s.TextReloc = s.TextReloc || f&elf.DF_TEXTREL != 0
	}
	for _, off := range d.entries[elf.DT_FLAGS_1] {
		f := elf.DynFlag1(word(s.im.b, int(off)+8))
		s.NoDelete = s.NoDelete || f&elf.DF_1_NODELETE != 0
		if f&elf.DF_1_PIE != 0 {
			return fmt.Errorf("%w: a position-independent program (DF_1_PIE)", ErrNotShared)
		}
	}
	return nil
}

func (s *Spec) readNames(d *dynamic, str strtab) error {
	if off, ok := d.val[elf.DT_SONAME]; ok {
		if s.SoName, ok = str.at(off); !ok {
			return corrupt("name of the library (DT_SONAME) at %#x of the string table", off)
		}
	}
	for tag, to := range map[elf.DynTag]*string{elf.DT_RPATH: &s.RPath, elf.DT_RUNPATH: &s.RunPath} {
		if off, ok := d.val[tag]; ok {
			if *to, ok = str.at(off); !ok {
				return corrupt("run path (%v) at %#x of the string table", tag, off)
			}
		}
	}
	for _, off := range d.needed {
		name, ok := str.at(off)
		if !ok {
			return corrupt("name of a needed library (DT_NEEDED) at %#x of the string table", off)
		}
		s.Needed = append(s.Needed, name)
	}
	return nil
}
