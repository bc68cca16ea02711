package unwind

import (
	"bytes"
	"encoding/binary"
)

// A reader reads values. Behind the end all are zero, and err says so.
type reader struct {
	data []byte
	err  error
}

// reader is one of n bytes of memory.
func (m Memory) reader(at uint64, n int) (*reader, error) {
	r := &reader{data: make([]byte, n)}
	if m.Read(at, r.data) != n {
		return nil, unknown("no tables at %#x", at)
	}
	return r, nil
}

func (r *reader) take(n uint64) []byte {
	if n > uint64(len(r.data)) {
		r.data, r.err = nil, unknown("a table ends too early")
		return make([]byte, 8)
	}
	b := r.data[:n]
	r.data = r.data[n:]
	return b
}

func (r *reader) skip(n uint64) { r.take(n) }

func (r *reader) uint8() byte    { return r.take(1)[0] }
func (r *reader) uint32() uint32 { return binary.LittleEndian.Uint32(r.take(4)) }
func (r *reader) uint64() uint64 { return binary.LittleEndian.Uint64(r.take(8)) }

// uint is a number of 1, 2 or 4 bytes.
func (r *reader) uint(size uint64) uint64 {
	var b [8]byte
	copy(b[:size], r.take(size))
	return binary.LittleEndian.Uint64(b[:])
}

// text ends with a zero.
func (r *reader) text() string {
	end := bytes.IndexByte(r.data, 0)
	if end < 0 {
		r.take(uint64(len(r.data)) + 1)
		return ""
	}
	return string(r.take(uint64(end) + 1)[:end])
}

// uleb is a number of any length (DWARF 5, 7.6); more than 64 bits are lost.
func (r *reader) uleb() (n uint64) {
	for shift := 0; ; shift += 7 {
		b := r.uint8()
		n |= uint64(b&0x7f) << shift
		if b&0x80 == 0 {
			return n
		}
	}
}

// sleb is uleb with a sign.
func (r *reader) sleb() (n int64) {
	for shift := 0; ; shift += 7 {
		b := r.uint8()
		n |= int64(b&0x7f) << shift
		if b&0x80 == 0 {
			if shift < 57 && b&0x40 != 0 {
				n |= -1 << (shift + 7)
			}
			return n
		}
	}
}
