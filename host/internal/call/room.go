package call

import "unsafe"

// Room appends the address of n bytes, aligned to 8, for C to read and write,
// and returns it. The memory is the frame's, and undefined at first.
//
// C never gets the address of the caller's own struct: the frame would make
// it escape, and so cost every typed call an allocation.
func (f *Frame) Room(n int) unsafe.Pointer {
	words := (n + 7) / 8
	p := unsafe.Pointer(&f.room)
	if f.nroom+words <= len(f.room) {
		p = unsafe.Add(p, f.nroom*8)
		f.nroom += words
	} else {
		p = unsafe.Pointer(unsafe.SliceData(make([]uint64, words)))
	}
	f.Pointer(p)
	return p
}

// Copy appends the address of a copy of the n bytes at p, which hold no pointer.
func (f *Frame) Copy(p unsafe.Pointer, n int) {
	copy(unsafe.Slice((*byte)(f.Room(n)), n), unsafe.Slice((*byte)(p), n))
}
