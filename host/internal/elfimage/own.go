package elfimage

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
	"math"
)

// What a private copy of a shared object has otherwise that is one library's own: other names, no functions
// that the dynamic linker runs, and initial-exec variables where the caller says.

// dtUnknown stands for a tag that the dynamic linker is not to see: DT_LOOS, the first of those that are the
// operating system's; glibc has none there.
const dtUnknown = 0x6000000d

// hide has the dynamic linker not see the entries of a tag.
func (p *Patcher) hide(tags ...elf.DynTag) {
	for _, tag := range tags {
		for _, off := range p.s.im.dyn.entries[tag] {
			p.put64(off, dtUnknown)
		}
	}
}

// ClearSoName has the dynamic linker know the object by its path only: what needs the name gets another.
func (p *Patcher) ClearSoName() { p.hide(elf.DT_SONAME) }

// AddSegment has the dynamic linker map size bytes more, read-only, behind the image. They are to be in the file
// at off; end is the file's end. The segment takes the place of a note's, of which the dynamic linker makes no
// use but for properties of the processor (PT_GNU_PROPERTY is another).
func (p *Patcher) AddSegment(end int64, size uint64) (vaddr uint64, off int64, err error) {
	im := p.s.im
	last := im.loads[len(im.loads)-1]
	align := uint64(0x1000)
	for _, l := range im.loads {
		align = max(align, l.Align)
	}
	up := func(n uint64) uint64 { return (n + align - 1) &^ (align - 1) }
	vaddr, off = up(last.Vaddr+last.Memsz), int64(up(uint64(end)))
	behind := false // glibc wants PT_LOAD in ascending order
	for i, h := range im.progs {
		switch elf.ProgType(h.Type) {
		case elf.PT_LOAD:
			behind = h.Vaddr == last.Vaddr
		case elf.PT_NOTE:
			if !behind {
				continue
			}
			var b []byte
			b = binary.LittleEndian.AppendUint32(b, uint32(elf.PT_LOAD))
			b = binary.LittleEndian.AppendUint32(b, uint32(elf.PF_R))
			for _, w := range []uint64{uint64(off), vaddr, vaddr, size, size, align} {
				b = binary.LittleEndian.AppendUint64(b, w)
			}
			p.put(im.phoff+uint64(i)*phdrSize, b)
			return vaddr, off, nil
		}
	}
	return 0, 0, fmt.Errorf("%w: it has no note to make room for a segment", ErrOwn)
}

// RenameNeeded has the image need, by another name, each object that place knows the address of that name for. The
// dynamic linker adds to the string table's address, and looks at no end of it.
func (p *Patcher) RenameNeeded(place func(name string) (addr uint64, ok bool)) error {
	im := p.s.im
	str := im.dyn.val[elf.DT_STRTAB]
	for _, tag := range []elf.DynTag{elf.DT_NEEDED, dtAuxiliary, dtFilter} {
		for _, off := range im.dyn.entries[tag] {
			name, _ := p.s.dyn.str.at(word(im.b, int(off)+8)) // readNames has checked it
			if addr, ok := place(name); ok {
				p.put64(off+8, addr-str)
			}
		}
	}
	return p.s.versionsNeeded(func(off uint64, v verneed) error {
		if addr, ok := place(v.file); ok && v.index == 0 {
			return p.put32(off+verneedFile, addr-str)
		}
		return nil
	})
}

// Versions of symbols name the object that has them, and glibc looks for that among what is loaded (elf/dl-version.c,
// and aborts if it is not there): Elf64_Verneed and behind it its Elf64_Vernaux, LSB "Symbol Versioning".
const (
	verneedSize  = 16
	verneedCount = 2
	verneedFile  = 4
	verneedFirst = 8
	verneedNext  = 12
	vernauxIndex = 6
	vernauxNext  = 12
)

// A verneed is an object that the image needs versions of, or, with an index, one of these.
type verneed struct {
	file  string
	index uint16 // by which DT_VERSYM refers to it
}

// versionsNeeded calls f for each object, and for each version of it behind, with its offset in the file.
func (s *Spec) versionsNeeded(f func(off uint64, v verneed) error) error {
	im := s.im
	bad := func(at uint64) error { return corrupt("versions needed (DT_VERNEED) at %#x", at) }
	at := im.dyn.val[elf.DT_VERNEED]
	for range im.dyn.val[elf.DT_VERNEEDNUM] {
		off, ok := im.offset(at, verneedSize)
		if !ok {
			return bad(at)
		}
		v := verneed{}
		if v.file, ok = s.dyn.str.at(uint64(half(im.b, int(off)+verneedFile))); !ok {
			return bad(at)
		}
		if err := f(off, v); err != nil {
			return err
		}
		aux := at + uint64(half(im.b, int(off)+verneedFirst))
		for range binary.LittleEndian.Uint16(im.b[off+verneedCount:]) {
			off, ok := im.offset(aux, verneedSize)
			if !ok {
				return bad(aux)
			}
			v.index = binary.LittleEndian.Uint16(im.b[off+vernauxIndex:]) & hiddenVersion
			if err := f(off, v); err != nil {
				return err
			}
			aux += uint64(half(im.b, int(off)+vernauxNext))
		}
		step := half(im.b, int(off)+verneedNext)
		if step == 0 {
			break
		}
		if step < verneedSize {
			return bad(at)
		}
		at += uint64(step)
	}
	return nil
}

const (
	hiddenVersion = 0x7fff // without the bit that says that a version is not the default
	anyVersion    = 1      // VER_NDX_GLOBAL
)

// VersionFiles are the names of the objects of whose symbols the image needs versions.
func (s *Spec) VersionFiles() (names []string) {
	_ = s.versionsNeeded(func(_ uint64, v verneed) error {
		if v.index == 0 {
			names = append(names, v.file)
		}
		return nil
	}) // as far as it goes
	return names
}

// put32 writes an offset into the string table where there are four bytes for it.
func (p *Patcher) put32(off, v uint64) error {
	if v > math.MaxUint32 {
		return fmt.Errorf("%w: a name is not behind its string table", ErrOwn)
	}
	p.put(off, binary.LittleEndian.AppendUint32(nil, uint32(v)))
	return nil
}

// RenameImports has the image get symbols that it has from others by another name, which place knows the address
// of, and of whatever version. file is the object that a symbol's version is of; empty if it has none.
func (p *Patcher) RenameImports(place func(name, file string) (addr uint64, ok bool)) error {
	im, t := p.s.im, p.s.dyn
	str, versions := im.dyn.val[elf.DT_STRTAB], im.dyn.val[elf.DT_VERSYM]
	files := map[uint16]string{}
	err := p.s.versionsNeeded(func(_ uint64, v verneed) error {
		if v.index != 0 {
			files[v.index] = v.file
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i := uint64(1); i < t.count; i++ {
		r, ok := t.sym(i)
		if !ok || r.shndx() != elf.SHN_UNDEF {
			continue
		}
		name, ok := t.str.at(r.name())
		if !ok || name == "" {
			continue
		}
		var version uint64 // where it is in the file
		var file string
		if versions != 0 {
			if version, ok = im.offset(versions+2*i, 2); !ok {
				return corrupt("version of symbol %d (DT_VERSYM) is outside the file's segments", i)
			}
			file = files[binary.LittleEndian.Uint16(im.b[version:])&hiddenVersion]
		}
		addr, ok := place(name, file)
		if !ok {
			continue
		}
		off, _ := im.offset(t.addr+i*symSize, symSize)
		if err := p.put32(off, addr-str); err != nil {
			return err
		}
		if versions != 0 {
			p.put(version, binary.LittleEndian.AppendUint16(nil, anyVersion))
		}
	}
	return nil
}

// Functions are what the dynamic linker would run when it loads an image, and when it unloads it: addresses, of
// functions or of lists of pointers to functions. 0, or an empty range, if there is none.
type Functions struct {
	Init, Fini   uint64
	Inits, Finis Range
}

// TakeFunctions has the dynamic linker run none of them.
func (p *Patcher) TakeFunctions() Functions {
	im := p.s.im
	p.hide(elf.DT_INIT, elf.DT_FINI, elf.DT_INIT_ARRAY, elf.DT_INIT_ARRAYSZ, elf.DT_FINI_ARRAY, elf.DT_FINI_ARRAYSZ)
	return Functions{im.dyn.val[elf.DT_INIT], im.dyn.val[elf.DT_FINI], im.inits, im.finis}
}

// MovesTLS says why the image's thread-local variables can't be where its caller wants them, if they can't; nil also
// if none are initial-exec, and need not.
func (s *Spec) MovesTLS() error {
	t := &s.TLS
	switch {
	case len(t.InitialExec) == 0:
		return nil
	case t.Dynamic || t.Exported:
		return fmt.Errorf("%w: not all of its thread-local variables are initial-exec", ErrTLS)
	case t.FileSize > 0:
		return fmt.Errorf("%w: its initial-exec variables have initial values", ErrTLS)
	}
	return nil
}

// MoveTLS moves all initial-exec variables of the image to a block at that distance from the thread pointer, in bytes,
// which is as large as s.TLS.MemSize and 0 in each thread at first. See RedirectTLS.
func (p *Patcher) MoveTLS(offset int64) error {
	if err := p.s.MovesTLS(); err != nil {
		return err
	}
	if len(p.s.TLS.InitialExec) > 0 {
		p.moveInitialExec(func(off uint64) int64 { return offset + int64(off) })
	}
	return nil
}
