package elfimage

import (
	"debug/elf"
	"encoding/binary"
	"io"
)

// Extent returns where a file of that size ends according to its headers: behind it is what was
// appended to it. Only the headers are read, so that a file can be judged that is too large to be
// read for nothing. Whether they are true is for Parse to say, unless they are ErrCorrupt already.
func Extent(r io.ReaderAt, size int64) (int64, error) {
	var head [ehdrSize]byte
	if _, err := r.ReadAt(head[:], 0); err != nil {
		return 0, err
	}
	end := uint64(ehdrSize)
	reach := func(what string, i int, off, n uint64) error {
		if off > uint64(size) || n > uint64(size)-off {
			return corrupt("%s %d has %#x bytes at %#x: outside the file of %#x bytes", what, i, n, off, size)
		}
		end = max(end, off+n)
		return nil
	}
	// The tables, of 18 KB and 4 MB at most, and what each entry says that the file has.
	for _, t := range []struct {
		name, entry         string
		at, entries, length int // in the file header
		size, off, bytes    int // in an entry
		none                func(entry []byte) bool
	}{
		{"program header", "segment", 32, 56, 54, phdrSize, 8, 32, func(h []byte) bool {
			return elf.ProgType(half(h, 0)) == elf.PT_NULL
		}},
		{"section header", "section", 40, 60, 58, shdrSize, 24, 32, func(h []byte) bool {
			typ := elf.SectionType(half(h, 4))
			return typ == elf.SHT_NULL || typ == elf.SHT_NOBITS
		}},
	} {
		off, n := word(head[:], t.at), int(binary.LittleEndian.Uint16(head[t.entries:]))
		if n == 0 {
			continue
		}
		if length := binary.LittleEndian.Uint16(head[t.length:]); int(length) != t.size {
			return 0, corrupt("%d %ss of %d bytes", n, t.name, length)
		}
		if err := reach(t.name, 0, off, uint64(n*t.size)); err != nil {
			return 0, err
		}
		table := make([]byte, n*t.size)
		if _, err := r.ReadAt(table, int64(off)); err != nil {
			return 0, err
		}
		for i := range n {
			h := table[i*t.size:]
			if t.none(h) {
				continue
			}
			if err := reach(t.entry, i, word(h, t.off), word(h, t.bytes)); err != nil {
				return 0, err
			}
		}
	}
	return int64(end), nil
}
