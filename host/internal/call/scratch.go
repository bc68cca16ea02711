package call

import "unsafe"

// Scratch returns n bytes, aligned to 8, for C to read and write. The memory is the
// frame's, and undefined at first.
//
// C never gets the address of the caller's own struct: the frame would make
// it escape, and so cost every typed call an allocation.
func (f *Frame) Scratch(n int) unsafe.Pointer {
	words := (n + 7) / 8
	p := unsafe.Pointer(&f.scratch)
	if f.nscratch+words <= len(f.scratch) {
		p = unsafe.Add(p, f.nscratch*8)
		f.nscratch += words
	} else {
		p = unsafe.Pointer(unsafe.SliceData(make([]uint64, words)))
	}
	f.Hold(p)
	return p
}

// Copy returns a copy of the n bytes at p, which hold no pointer.
func (f *Frame) Copy(p unsafe.Pointer, n int) unsafe.Pointer {
	scratch := f.Scratch(n)
	copy(unsafe.Slice((*byte)(scratch), n), unsafe.Slice((*byte)(p), n))
	return scratch
}
