package invoke

import (
	"sync/atomic"
	"unsafe"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/call"
)

// A Direct is a way for one thread outside of Go to make calls of one function without Go: the thread has a
// lease of its own, writes the arguments into its frame, calls the trampoline, and comes to Go only if something
// is not as ever. libhotso/directly.h does so; it knows the fields by its own struct of that name. All addresses are of
// memory that a Direct keeps alive.
type Direct struct {
	Closed    unsafe.Pointer // *uint32: not 0 once the gate is closed
	Current   unsafe.Pointer // *uintptr: it has to be Target, or calls go elsewhere
	Target    unsafe.Pointer
	Diversion unsafe.Pointer // *uintptr: not 0 while some calls go elsewhere
	State     unsafe.Pointer // *uint32: of the lease, see gate.Assign
	Left      unsafe.Pointer // *uint64: how many have left it
	Dead      unsafe.Pointer // *uint32: not 0 once the library's runtime has ended

	Trampoline unsafe.Pointer // int32_t f(void *frame)
	Frame      unsafe.Pointer
	Words      unsafe.Pointer // *uint64: where the arguments go, see At
	Status     unsafe.Pointer // *uint64: that of a plain function
	Returned   unsafe.Pointer // *uint64: the status of others
	Result     unsafe.Pointer // *uint64: a number
	Buffer     unsafe.Pointer // where a span comes to
	Length     unsafe.Pointer // *uint64: how many elements
	Capacity   uint64         // of the buffer, in elements

	Mask  uint64    // the bits of a number
	Shape uint8     // one of those below
	Size  uint8     // of an element of a span
	Count uint8     // words of arguments
	Extra uint8     // which integer argument follows those of the function
	At    [24]uint8 // for each word of the arguments, which word of the frame it goes to
	Kind  [24]uint8 // and how

	fn    *Function
	lease *Lease
}

// Shapes of functions.
const (
	shapePlain  = iota // a number or nothing, and no status
	shapeStatus        // nothing but a status
	shapeScalar        // a number beside a status
	shapeSpan          // a string or slice beside a status
)

// Kinds of words.
const (
	wordRaw     = iota
	wordInt8    // what is beside a value of less than 32 bits is made a part of it
	wordUint8   //
	wordInt16   //
	wordUint16  //
	wordSpan    // an address, which must not be 0 if the next word, a length, is not
	wordAddress // an address, which must not be 0
)

var wordKinds = map[kind]uint8{kindInt8: wordInt8, kindUint8: wordUint8, kindInt16: wordInt16, kindUint16: wordUint16}

// Direct returns a way for the calling thread, or nil if there is none now: no version serves, or the function has a
// limit, or a result that is not for it.
func (b *Binding) Direct() *Direct {
	d := &Direct{}
	none := new(uintptr)
	d.Current, d.Diversion = unsafe.Pointer(none), unsafe.Pointer(none)
	fn := b.fixed
	if b.route != nil {
		t := b.route.current.Load()
		if t == nil || b.route.diversion.Load() != nil {
			return nil
		}
		if fn = (*t.bound.Load())[b.index]; fn == nil {
			return nil
		}
		d.Current, d.Target = unsafe.Pointer(&b.route.current), unsafe.Pointer(t)
		d.Diversion = unsafe.Pointer(&b.route.diversion)
	}
	if b.limit != 0 || fn.builtin != nil || !d.shape(b, fn) || !call.Loose {
		return nil
	}
	s := fn.target.gate.Assign()
	if s == nil {
		return nil
	}
	s.Value.begin(fn, 0, false, false)
	s.Value.timing = stopwatch{} // whoever calls without Go calls without a clock
	f := &s.Value.Frame
	if d.Shape == shapeSpan && fn.expect.Load() > int64(len(f.Buffer)) {
		fn.target.gate.Unassign(s)
		return nil // what most calls return does not fit
	}
	d.fn, d.lease = fn, s
	d.Closed, d.State, d.Left = fn.target.gate.Addresses(s)
	d.Dead = unsafe.Pointer(fn.target.End.word)
	d.registers(f)
	d.Buffer, d.Length = unsafe.Pointer(&f.Buffer[0]), unsafe.Pointer(&f.Length)
	d.Capacity = uint64(len(f.Buffer)) >> fn.shift
	if d.Shape == shapeScalar {
		d.Result = unsafe.Pointer(&f.Scalar)
	}
	return d
}

// shape says what the function is like, and whether it can be called so.
func (d *Direct) shape(b *Binding, fn *Function) bool {
	switch {
	case fn.plain:
		d.Shape = shapePlain
	case !fn.sig.Error:
		return false // a C string
	case fn.result == kindNone:
		d.Shape = shapeStatus
	case fn.span:
		d.Shape, d.Size = shapeSpan, uint8(fn.result.element())
	case fn.result < kindString:
		d.Shape = shapeScalar
	default:
		return false
	}
	if size := fn.sig.Result.Size(); size > 0 {
		d.Mask = ^uint64(0) >> (64 - 8*size)
	}
	n := WordsOf(b.Signature)
	if n > len(d.At) {
		return false
	}
	i := 0
	for _, p := range b.all {
		d.At[i], d.Kind[i] = p.at, wordKinds[p.kind]
		switch {
		case p.kind.element() > 0:
			d.Kind[i] = wordSpan
			i++
			d.At[i] = p.at + 1
		case p.kind >= kindStruct:
			d.Kind[i] = wordAddress
		}
		i++
	}
	d.Count, d.Extra = uint8(n), uint8(fn.ints)
	return true
}

// Inside reports whether a call is under way.
func (d *Direct) Inside() bool { return d.lease.Taken() }

// Settle is for a thread that has given its lease back and found the gate closed.
func (d *Direct) Settle() { d.fn.target.gate.Settle() }

// Drop gives the lease up.
func (d *Direct) Drop() { d.fn.target.gate.Unassign(d.lease) }

// Fail ends a call that has not gone as ever: the library has died in it, or it returned a status. It leaves. If
// the result did not fit it is no failure: then it goes to r, as in [FinishWords].
func (d *Direct) Fail(r unsafe.Pointer, allocate func(uintptr) unsafe.Pointer) (ok bool, err error) {
	fn, in := d.fn, &d.lease.Value
	defer fn.leave(d.lease)
	if d.Shape == shapePlain || fn.target.Dead() {
		return true, fn.failed(in)
	}
	status := int32(in.R0)
	if d.Shape != shapeSpan || abi.Kind(status) != abi.TooSmall {
		return true, fn.status(status)
	}
	var result []byte // or a string, which has the same beginning
	if err := fn.receiveLarge(&in.Frame, nil, 0, unsafe.Pointer(&result)); err != nil {
		return true, err
	}
	text := *(*string)(unsafe.Pointer(&result))
	return spanTo(r, unsafe.Pointer(unsafe.StringData(text)), uintptr(len(text)), uintptr(d.Size), allocate), nil
}

// Take ends a call whose result of n elements is in the buffer, and copies it to memory of its own, as [FinishWords] does.
// It leaves.
func (d *Direct) Take(n uint64, r unsafe.Pointer, allocate func(uintptr) unsafe.Pointer) bool {
	ok := spanTo(r, d.Buffer, uintptr(n), uintptr(d.Size), allocate)
	d.fn.leave(d.lease)
	return ok
}

// Good reports whether the version still takes calls.
func (d *Direct) Good() bool {
	return !d.fn.target.gate.Closed() && atomic.LoadPointer((*unsafe.Pointer)(d.Current)) == d.Target &&
		atomic.LoadPointer((*unsafe.Pointer)(d.Diversion)) == nil
}
