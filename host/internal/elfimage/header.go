package elfimage

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
)

// maxProgs bounds the program headers. Linkers emit about ten; the bound
// keeps a hostile file from turning address lookups into a long search.
const maxProgs = 256

// HeaderSize is how many of a file's first bytes decide whether it is ErrNotELF,
// ErrNotShared or ErrWrongMachine.
const HeaderSize = ehdrSize

// header reads the file header and decides whether this is the right kind of
// file at all.
func header(b []byte, want elf.Machine) (*image, error) {
	if len(b) < len(elf.ELFMAG) || string(b[:len(elf.ELFMAG)]) != elf.ELFMAG {
		if len(b) == 0 {
			return nil, fmt.Errorf("%w: it is empty", ErrNotELF)
		}
		return nil, fmt.Errorf("%w: it starts with %q", ErrNotELF, b[:min(len(b), 4)])
	}
	if len(b) < elf.EI_NIDENT {
		return nil, corrupt("%d bytes, cut off in the file header", len(b))
	}
	class, data := elf.Class(b[elf.EI_CLASS]), elf.Data(b[elf.EI_DATA])
	if class == elf.ELFCLASS32 || data == elf.ELFDATA2MSB {
		return nil, fmt.Errorf("%w: %v %v, want %s", ErrWrongMachine, class, data, describe(want))
	}
	if class != elf.ELFCLASS64 || data != elf.ELFDATA2LSB || elf.Version(b[elf.EI_VERSION]) != elf.EV_CURRENT {
		return nil, corrupt("identification bytes % x", b[:elf.EI_NIDENT])
	}
	if len(b) < ehdrSize {
		return nil, corrupt("%d bytes, cut off in the file header", len(b))
	}
	le := binary.LittleEndian
	machine := elf.Machine(le.Uint16(b[18:]))
	a, known := arches[want]
	if machine != want || !known {
		return nil, fmt.Errorf("%w: %s, want %s", ErrWrongMachine, describe(machine), describe(want))
	}
	if typ := elf.Type(le.Uint16(b[16:])); typ != elf.ET_DYN {
		return nil, fmt.Errorf("%w: its type is %v", ErrNotShared, typ)
	}
	im := &image{b: b, arch: a, phoff: word(b, 32)}
	return im, im.readProgs(le.Uint16(b[54:]), le.Uint16(b[56:]))
}

// readProgs reads the program headers and checks each against the file.
func (im *image) readProgs(entsize, n uint16) error {
	if n == 0 || n > maxProgs || entsize != phdrSize {
		return corrupt("%d program headers of %d bytes", n, entsize)
	}
	b, ok := im.slice(im.phoff, uint64(n)*phdrSize)
	if !ok {
		return corrupt("%d program headers at %#x: outside the file of %#x bytes", n, im.phoff, len(im.b))
	}
	im.progs = make([]elf.Prog64, n)
	for i := range im.progs {
		h := b[i*phdrSize:]
		p := elf.Prog64{
			Type: half(h, 0), Flags: half(h, 4), Off: word(h, 8), Vaddr: word(h, 16),
			Filesz: word(h, 32), Memsz: word(h, 40), Align: word(h, 48),
		}
		im.progs[i] = p
		typ := elf.ProgType(p.Type)
		if typ == elf.PT_NULL {
			continue
		}
		if _, ok := im.slice(p.Off, p.Filesz); !ok {
			return corrupt("program header %d (%v) has %#x bytes at %#x: outside the file of %#x bytes",
				i, typ, p.Filesz, p.Off, len(im.b))
		}
		if typ == elf.PT_LOAD {
			if err := im.addLoad(i, p); err != nil {
				return err
			}
		}
	}
	return nil
}

// addLoad checks what the gABI demands of a loadable segment, and that it follows
// the ones before it.
func (im *image) addLoad(i int, p elf.Prog64) error {
	if p.Filesz > p.Memsz {
		return corrupt("program header %d (PT_LOAD) has more bytes in the file (%#x) than in memory (%#x)",
			i, p.Filesz, p.Memsz)
	}
	if _, ok := add(p.Vaddr, p.Memsz); !ok {
		return corrupt("program header %d (PT_LOAD) wraps around at %#x", i, p.Vaddr)
	}
	if p.Align&(p.Align-1) != 0 || p.Align > 1 && (p.Vaddr-p.Off)%p.Align != 0 {
		return corrupt("program header %d (PT_LOAD) is misaligned: address %#x, offset %#x, alignment %#x",
			i, p.Vaddr, p.Off, p.Align)
	}
	if n := len(im.loads); n > 0 {
		if last := im.loads[n-1]; p.Vaddr < last.Vaddr+last.Memsz {
			return corrupt("program header %d (PT_LOAD) at %#x overlaps the one before it", i, p.Vaddr)
		}
	}
	im.loads = append(im.loads, p)
	return nil
}

// end returns the offset after the file header, program headers and
// segments.
func (im *image) end() uint64 {
	end := im.phoff + uint64(len(im.progs))*phdrSize
	for _, p := range im.progs {
		if elf.ProgType(p.Type) != elf.PT_NULL {
			end = max(end, p.Off+p.Filesz)
		}
	}
	return max(end, ehdrSize)
}
