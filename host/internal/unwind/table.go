package unwind

import "sort"

// maxFDE bounds what the table of one function takes, in bytes.
const maxFDE = 1 << 16

// function is what the tables say of one.
type function struct {
	begin, size uint64
	code        uint64 // factor of advances
	data        int64  // factor of offsets
	returns     int    // register that has the return address
	signal      bool   // it is what a handler returns to
	initial     []byte // instructions of all functions that have this common part
	own         []byte
}

// find looks the function up that has the instruction at an address.
func (m Memory) find(pc uint64) (*function, error) {
	header, err := m.Tables(pc)
	if err != nil {
		return nil, err
	}
	r, err := m.reader(header, 12)
	if err != nil {
		return nil, err
	}
	version, frames, counts, entries := r.uint8(), r.uint8(), r.uint8(), r.uint8()
	if version != 1 || frames != relative4 || counts != absolute4 || entries != table4 {
		return nil, unknown("an .eh_frame_hdr of version %d and encodings %#x, %#x, %#x", version, frames, counts, entries)
	}
	r.uint32() // where .eh_frame is
	count := int(r.uint32())
	entry := func(i int) (begin, fde uint64) {
		e, entryErr := m.reader(header+12+8*uint64(i), 8)
		if entryErr != nil {
			err = entryErr
			return 0, 0
		}
		return header + uint64(int64(int32(e.uint32()))), header + uint64(int64(int32(e.uint32())))
	}
	i := sort.Search(count, func(i int) bool { begin, _ := entry(i); return begin > pc }) - 1
	if err != nil || i < 0 {
		return nil, unknown("no function at %#x", pc)
	}
	_, fde := entry(i)
	if err != nil {
		return nil, err
	}
	f, err := m.function(fde)
	if err == nil && pc-f.begin >= f.size {
		return nil, unknown("no function at %#x", pc)
	}
	return f, err
}

// The encodings of addresses that there are in practice (LSB, table 10-3 and 10-4).
const (
	relative4 = 0x1b // 4 signed bytes, from where they are
	absolute4 = 0x03 // 4 unsigned bytes
	table4    = 0x3b // 4 signed bytes, from where the table begins
)

// entry reads what begins with its length, and returns the address of what follows it.
func (m Memory) entry(at uint64) (r *reader, from uint64, err error) {
	head, err := m.reader(at, 4)
	if err != nil {
		return nil, 0, err
	}
	length := head.uint32()
	if length < 8 || length > maxFDE {
		return nil, 0, unknown("a table of %d bytes", length)
	}
	r, err = m.reader(at+4, int(length))
	return r, at + 4, err
}

func (m Memory) function(fde uint64) (*function, error) {
	r, at, err := m.entry(fde)
	if err != nil {
		return nil, err
	}
	f := &function{}
	address, augmented, err := m.common(f, at-uint64(r.uint32()))
	if err != nil {
		return nil, err
	}
	if address != relative4 {
		return nil, unknown("addresses of encoding %#x", address)
	}
	f.begin = at + 4 + uint64(int64(int32(r.uint32())))
	f.size = uint64(r.uint32())
	if augmented {
		r.skip(r.uleb())
	}
	f.own = r.data
	return f, r.err
}

// common reads the part that several functions have in common. address is the encoding of theirs.
func (m Memory) common(f *function, cie uint64) (address byte, augmented bool, err error) {
	r, _, err := m.entry(cie)
	if err != nil {
		return 0, false, err
	}
	if id := r.uint32(); id != 0 {
		return 0, false, unknown("a table without its common part")
	}
	version := r.uint8()
	augmentation := r.text()
	f.code, f.data = r.uleb(), r.sleb()
	if f.returns = int(r.uint8()); version != 1 || f.returns >= maxRegisters {
		return 0, false, unknown("a table of version %d, return address in register %d", version, f.returns)
	}
	augmented = augmentation != "" && augmentation[0] == 'z'
	if augmented {
		size := r.uleb()
		after := *r
		after.skip(size)
		for _, c := range augmentation[1:] {
			switch c {
			case 'R':
				address = r.uint8()
			case 'L':
				r.uint8()
			case 'P': // a function for exceptions, of 4 or 8 bytes
				if encoding := r.uint8(); encoding&0xf == 0x0b || encoding&0xf == absolute4 {
					r.skip(4)
				} else {
					r.skip(8)
				}
			case 'S':
				f.signal = true
			case 'B': // addresses are signed with the other key
			default:
				return 0, false, unknown("a table with %q", augmentation)
			}
		}
		*r = after
	} else if augmentation != "" {
		return 0, false, unknown("a table with %q", augmentation)
	}
	f.initial = r.data
	return address, augmented, r.err
}
