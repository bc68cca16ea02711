package contract

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"
	"unsafe"
)

// A Decoder reads what an Encoder wrote, or anything else: it reads nothing beyond the
// frame, allocates at most a multiple of the frame's size, and ends. It is for generated
// code. After an error all that it reads is zero.
type Decoder struct {
	buf    []byte
	off    int
	end    int    // of the value that was begun last
	budget int    // bytes that may yet be allocated, besides those of strings
	text   []byte // room for short texts,
	used   int    // of which so much is taken
	lent   bool   // texts and bytes are the frame's
	depth  int
	err    error
	object uint64 // handle of the object whose method is called
	callee *callee
}

const (
	// What lists, maps and pointers of a frame may take in memory, for each byte of it
	// and besides. A generated encoder stays below 24 per byte; a value of an older
	// version lacks fields, and may come to more.
	budgetPerByte = 64
	budgetBase    = 1 << 20
)

func newDecoder(frame []byte) *Decoder {
	d := new(Decoder)
	d.reset(frame)
	return d
}

func (d *Decoder) reset(frame []byte) {
	*d = Decoder{buf: frame, end: len(frame), budget: budgetPerByte*len(frame) + budgetBase}
	if len(frame) > MaxFrame {
		d.Fail("%d bytes, at most %d", len(frame), MaxFrame)
	}
}

// Fail notes that the frame is damaged; the first reason stays.
func (d *Decoder) Fail(format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf("%w: byte %d of %d: %s", ErrFrame, d.off, len(d.buf), fmt.Sprintf(format, args...))
	}
	d.off, d.end = len(d.buf), len(d.buf)
}

// OK reports whether nothing was wrong so far.
func (d *Decoder) OK() bool { return d.err == nil }

// Done says what was wrong. All of the frame must have been read.
func (d *Decoder) Done() error {
	if d.err == nil && d.off != len(d.buf) {
		d.Fail("more bytes than values")
	}
	return d.err
}

// take returns the next n bytes, nil if there are fewer.
func (d *Decoder) take(n int) []byte {
	if n > d.end-d.off {
		d.short(n)
		return nil
	}
	b := d.buf[d.off : d.off+n]
	d.off += n
	return b
}

//go:noinline
func (d *Decoder) short(n int) { d.Fail("a value of %d bytes, where there are %d", n, d.end-d.off) }

// Slices that are as long as their capacity take less code, which is why those below are.

// Uint8 reads one byte.
func (d *Decoder) Uint8() uint8 {
	at := d.off
	if d.end-at < 1 {
		d.short(1)
		return 0
	}
	d.off = at + 1
	return d.buf[at]
}

// Int8 reads one byte.
func (d *Decoder) Int8() int8 { return int8(d.Uint8()) }

// Bool reads one byte, which is 0 or 1.
func (d *Decoder) Bool() bool {
	b := d.Uint8()
	if b > 1 {
		d.Fail("a bool that is %d", b)
	}
	return b == 1
}

// Uint16 reads two bytes.
func (d *Decoder) Uint16() uint16 {
	at := d.off
	if d.end-at < 2 {
		d.short(2)
		return 0
	}
	d.off = at + 2
	return binary.LittleEndian.Uint16(d.buf[at:d.off:d.off])
}

// Int16 reads two bytes.
func (d *Decoder) Int16() int16 { return int16(d.Uint16()) }

// Uint32 reads four bytes.
func (d *Decoder) Uint32() uint32 {
	at := d.off
	if d.end-at < 4 {
		d.short(4)
		return 0
	}
	d.off = at + 4
	return binary.LittleEndian.Uint32(d.buf[at:d.off:d.off])
}

// Int32 reads four bytes.
func (d *Decoder) Int32() int32 { return int32(d.Uint32()) }

// Uint64 reads eight bytes.
func (d *Decoder) Uint64() uint64 {
	at := d.off
	if d.end-at < 8 {
		d.short(8)
		return 0
	}
	d.off = at + 8
	return binary.LittleEndian.Uint64(d.buf[at:d.off:d.off])
}

// Int64 reads eight bytes.
func (d *Decoder) Int64() int64 { return int64(d.Uint64()) }

// Int reads eight bytes, whose value must fit.
func (d *Decoder) Int() int {
	v := d.Int64()
	if int64(int(v)) != v {
		d.Fail("%d does not fit into an int", v)
	}
	return int(v)
}

// Uint reads eight bytes, whose value must fit.
func (d *Decoder) Uint() uint {
	v := d.Uint64()
	if uint64(uint(v)) != v {
		d.Fail("%d does not fit into a uint", v)
	}
	return uint(v)
}

// Float32 reads four bytes.
func (d *Decoder) Float32() float32 { return math.Float32frombits(d.Uint32()) }

// Float64 reads eight bytes.
func (d *Decoder) Float64() float64 { return math.Float64frombits(d.Uint64()) }

// Complex64 reads eight bytes.
func (d *Decoder) Complex64() complex64 { re := d.Float32(); return complex(re, d.Float32()) }

// Complex128 reads sixteen bytes.
func (d *Decoder) Complex128() complex128 { re := d.Float64(); return complex(re, d.Float64()) }

// length reads a length, for which there are as many bytes.
func (d *Decoder) length() int {
	at := d.off + 4
	if at > d.end {
		d.short(4)
		return 0
	}
	n := binary.LittleEndian.Uint32(d.buf[at-4 : at : at])
	d.off = at
	if uint64(n) > uint64(d.end-at) {
		d.short(int(n))
		return 0
	}
	return int(n)
}

// Raw reads a length and as many bytes, which are the frame's: copy what is kept.
func (d *Decoder) Raw() []byte {
	n := d.length()
	at := d.off
	d.off += n
	return d.buf[at:d.off:d.off]
}

const (
	// shortText is how long a text is, in bytes, that shares an allocation with others of the
	// frame; sharedText is how long that is. So a text that is kept alone keeps little else.
	shortText  = 48
	sharedText = 256
)

// Borrow has String and ByteSlice return what is in the frame, without a copy: for an
// implementation that keeps nothing of it when its method has returned, and writes nothing there.
func (d *Decoder) Borrow() { d.lent = true }

// String reads a text, as a copy unless it is borrowed.
func (d *Decoder) String() string {
	at := d.off + 4
	if d.lent || at > d.end {
		return d.otherText()
	}
	n := int(binary.LittleEndian.Uint32(d.buf[at-4 : at : at]))
	if n <= 0 || n > min(shortText, d.end-at) {
		return d.otherText()
	}
	d.off = at + n
	b := d.buf[at:d.off:d.off]
	begin := d.used
	if n > len(d.text)-begin {
		d.text, begin = make([]byte, min(sharedText, n+len(d.buf)-d.off)), 0
	}
	d.used = begin + n
	s := d.text[begin:d.used:d.used]
	copy(s, b)
	return unsafe.String(unsafe.SliceData(s), n) // nobody writes there again
}

// otherText is a text that is empty, long, borrowed or damaged.
func (d *Decoder) otherText() string {
	b := d.Raw()
	if d.lent {
		return unsafe.String(unsafe.SliceData(b), len(b))
	}
	return string(b)
}

// ByteSlice reads a []byte, as a copy unless it is borrowed.
func (d *Decoder) ByteSlice() []byte {
	n, outer, ok := d.List(1, 1)
	if !ok {
		return nil
	}
	v := d.take(n)
	v = v[:len(v):len(v)]
	if !d.lent {
		v = append(make([]byte, 0, n), v...)
	}
	d.End(outer)
	return v
}

// Time reads a time. It is in UTC if it was written so, in the local zone if that has the
// same offset then, and else in a zone without a name.
func (d *Decoder) Time() time.Time {
	seconds, nanos, east := d.Int64(), d.Uint32(), d.Int32()
	if nanos >= 1e9 {
		d.Fail("a time with %d nanoseconds", nanos)
		return time.Time{}
	}
	if east != utc && (east < -24*3600 || east > 24*3600) {
		d.Fail("a time %d seconds east of UTC", east)
		return time.Time{}
	}
	if d.err != nil {
		return time.Time{}
	}
	t := time.Unix(seconds, int64(nanos))
	if east == utc {
		return t.UTC()
	}
	if _, local := t.Zone(); local == int(east) {
		return t
	}
	return t.In(time.FixedZone("", int(east)))
}

// Unmarshaled is for a value that reads itself from what Raw returned.
func (d *Decoder) Unmarshaled(err error) {
	if err != nil {
		d.Fail("%v", err)
	}
}

// Rest passes over what is left of the value that was begun last.
func (d *Decoder) Rest() { d.off = d.end }

// Begin reads the length of a value and what is read then is of this value. End goes back to outer.
func (d *Decoder) Begin() (outer int) {
	outer = d.end
	n := d.length()
	d.end = d.off + n
	return outer
}

// Is reports whether that tag is next, and if it is, passes over it.
func (d *Decoder) Is(tag uint32) bool {
	at := d.off + 4
	if at > d.end || binary.LittleEndian.Uint32(d.buf[at-4:at:at]) != tag {
		return false
	}
	d.off = at
	return true
}

// More reports whether there is more of the value that was begun last.
func (d *Decoder) More() bool { return d.off < d.end }

// End ends what Begin began. All of it must have been read.
func (d *Decoder) End(outer int) {
	if d.off != d.end {
		d.Fail("%d bytes more than a value has", d.end-d.off)
	}
	if d.err == nil {
		d.end = outer
	}
}

// Optional is Begin for what may be nil; ok says that it is not. size is what it will take
// in memory.
func (d *Decoder) Optional(size int) (outer int, ok bool) {
	outer = d.Begin()
	if d.err != nil {
		return outer, false
	}
	if d.off == d.end {
		d.end = outer
		return outer, false
	}
	return outer, d.spend(1, size)
}

// List is Begin for a slice or map, with the count of its elements, each of which takes
// at least least bytes here, and size bytes in memory; ok says that it is not nil.
func (d *Decoder) List(least, size int) (count, outer int, ok bool) {
	outer, ok = d.Optional(0)
	if !ok {
		return 0, outer, false
	}
	n := d.Uint32()
	if uint64(n) > uint64((d.end-d.off)/least) {
		d.Fail("%d elements in %d bytes", n, d.end-d.off)
		return 0, outer, false
	}
	return int(n), outer, d.err == nil && d.spend(int(n), size)
}

// Array is Begin for an array of that many elements.
func (d *Decoder) Array(count int) (outer int, ok bool) {
	n, outer, ok := d.List(1, 0)
	if ok && n != count {
		d.Fail("an array of %d elements, not %d", n, count)
		return outer, false
	}
	return outer, ok
}

// spend takes memory for count values of size bytes out of the budget.
func (d *Decoder) spend(count, size int) bool {
	if count > 0 && size > d.budget/count {
		d.Fail("%d values of %d bytes each: more memory than a frame of this size may ask for", count, size)
		return false
	}
	d.budget -= count * size
	return true
}

// Enter begins a value of a recursive type, and Leave ends it. If Enter reports false
// the value must not be read.
func (d *Decoder) Enter() bool {
	if d.depth == MaxDepth {
		d.Fail("values inside more than %d others", MaxDepth)
	}
	if d.err != nil {
		return false
	}
	d.depth++
	return true
}

// Leave ends what Enter began.
func (d *Decoder) Leave() { d.depth-- }

// Skip passes over the value of a field whose tag is not known.
func (d *Decoder) Skip(tag uint32) {
	switch width := tag & widthMask; width {
	case WidthLength:
		d.Raw()
	case Width1, Width2, Width4, Width8, Width16:
		d.take(1 << width)
	default:
		d.Fail("a field of width %d", width)
	}
}

// How much room the value of a field takes, in the low bits of its tag: 1<<n bytes, or a
// length and as many bytes.
const (
	Width1 = iota
	Width2
	Width4
	Width8
	Width16
	WidthLength

	widthMask = 7
)

// Tag is what stands before a field of that name and width: a hash, so that the order of
// fields does not matter.
func Tag(name string, width uint32) uint32 { return ID(name)&^widthMask | width }

// ID is the 32-bit FNV-1a hash of a name.
func ID(name string) uint32 {
	h := uint32(2166136261)
	for i := range len(name) {
		h = (h ^ uint32(name[i])) * 16777619
	}
	return h
}
