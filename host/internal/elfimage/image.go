package elfimage

import (
	"debug/elf"
	"encoding/binary"
	"math/bits"
)

// Sizes of the 64-bit structures; the System V gABI fixes them.
const (
	ehdrSize = 64
	phdrSize = 56
	shdrSize = 64
	dynSize  = 16
	symSize  = 24
	relaSize = 24
)

// image gives bounds-checked access to the file's bytes, by offset and by
// address. All of the package's reads and writes go through slice and at.
type image struct {
	b     []byte
	arch  arch
	phoff uint64
	progs []elf.Prog64
	loads []elf.Prog64 // the PT_LOAD ones, ascending and disjoint

	inits Range // of the pointers to init functions (DT_INIT_ARRAY)
	finis Range // and to exit functions (DT_FINI_ARRAY)
	rel   relocs
	dyn   *dynamic
}

// word and half read what slice or at has checked.
func word(b []byte, off int) uint64 { return binary.LittleEndian.Uint64(b[off:]) }
func half(b []byte, off int) uint32 { return binary.LittleEndian.Uint32(b[off:]) }

// slice returns the n bytes of the file at off.
func (im *image) slice(off, n uint64) ([]byte, bool) {
	size := uint64(len(im.b))
	if off > size || n > size-off {
		return nil, false
	}
	return im.b[off : off+n : off+n], true
}

// offset returns where the file holds the n bytes at vaddr. They must lie in
// one segment.
func (im *image) offset(vaddr, n uint64) (uint64, bool) {
	for i := range im.loads {
		p := &im.loads[i]
		if d := vaddr - p.Vaddr; vaddr >= p.Vaddr && d < p.Filesz {
			return p.Off + d, n <= p.Filesz-d
		}
	}
	return 0, false
}

// at returns the n bytes at vaddr.
func (im *image) at(vaddr, n uint64) ([]byte, bool) {
	off, ok := im.offset(vaddr, n)
	if !ok {
		return nil, false
	}
	return im.slice(off, n)
}

// tail returns the bytes from vaddr to the end of what the file holds of its
// segment.
func (im *image) tail(vaddr uint64) ([]byte, bool) {
	for i := range im.loads {
		p := &im.loads[i]
		if d := vaddr - p.Vaddr; vaddr >= p.Vaddr && d < p.Filesz {
			return im.slice(p.Off+d, p.Filesz-d)
		}
	}
	return nil, false
}

// executable reports whether vaddr lies in executable memory.
func (im *image) executable(vaddr uint64) bool {
	for i := range im.loads {
		p := &im.loads[i]
		if vaddr >= p.Vaddr && vaddr-p.Vaddr < p.Memsz {
			return elf.ProgFlag(p.Flags)&elf.PF_X != 0
		}
	}
	return false
}

// table returns the bytes at vaddr after checking that the file has them and that
// they are whole entries of size bytes.
func (im *image) table(what string, vaddr, bytes, size uint64) ([]byte, error) {
	if bytes%size != 0 {
		return nil, corrupt("%s of %d bytes, not a multiple of %d", what, bytes, size)
	}
	if bytes == 0 {
		return nil, nil
	}
	b, ok := im.at(vaddr, bytes)
	if !ok {
		return nil, corrupt("%s at %#x, %d bytes: outside the file's segments", what, vaddr, bytes)
	}
	return b, nil
}

func add(a, b uint64) (uint64, bool) {
	sum, carry := bits.Add64(a, b, 0)
	return sum, carry == 0
}
