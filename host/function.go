package host

import (
	"fmt"
	"math"
	"sync/atomic"
	"unsafe"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/call"
)

// A function is one exported function of one loaded version.
type function struct {
	lib  *Library
	name string
	addr uintptr
	sig  abi.Signature

	result kind
	expect atomic.Int64 // bytes of a result, if the frame's buffer was too small for one
}

func newFunction(l *Library, name string, addr uintptr, sig abi.Signature) *function {
	return &function{lib: l, name: name, addr: addr, sig: sig, result: kindOf(sig.Result)}
}

// A kind is how a value travels. It is decided when a function is bound, so
// that no call compares the names of types.
type kind uint16

const (
	kindNone kind = iota
	kindUint8
	kindInt8
	kindUint16
	kindInt16
	kindUint32
	kindInt32
	kind64
	kindFloat32
	kindFloat64
	kindString
	kindBytes    // and []int8
	kindNumbers2 // slices of numbers of 2, 4 and 8 bytes
	kindNumbers4
	kindNumbers8
	kindCString
	kindStruct kind = 1 << 8 // kindStruct + n is a struct of n bytes
)

var kindsByType = map[abi.Type]kind{
	abi.Bool: kindUint8, abi.Uint8: kindUint8, abi.Int8: kindInt8,
	abi.Uint16: kindUint16, abi.Int16: kindInt16, abi.Uint32: kindUint32, abi.Int32: kindInt32,
	abi.Uint64: kind64, abi.Int64: kind64, abi.Float32: kindFloat32, abi.Float64: kindFloat64,
	abi.String: kindString, abi.Bytes: kindBytes, abi.CString: kindCString,
}

func kindOf(t abi.Type) kind {
	if k, ok := kindsByType[t]; ok {
		return k
	}
	if size, _ := t.Layout(); size > 0 {
		return kindStruct + kind(size)
	}
	switch t.Elem().Size() {
	case 1:
		return kindBytes
	case 2:
		return kindNumbers2
	case 4:
		return kindNumbers4
	case 8:
		return kindNumbers8
	}
	return kindNone
}

// element is the size in bytes of an element of a span, 0 for every other kind.
func (k kind) element() int {
	switch k {
	case kindString, kindBytes:
		return 1
	case kindNumbers2:
		return 2
	case kindNumbers4:
		return 4
	case kindNumbers8:
		return 8
	}
	return 0
}

// size is the size in bytes of a struct, 0 for every other kind.
func (k kind) size() int { return max(int(k)-int(kindStruct), 0) }

// checkRegisters reports a signature that a call frame can't carry.
func checkRegisters(sig abi.Signature) error {
	ints, floats, pointers := 3, 0, 2
	for _, p := range sig.Params {
		switch {
		case p.Type.Float():
			floats++
		case p.Type.Span():
			ints, pointers = ints+2, pointers+1
		case p.Type.Struct():
			ints, pointers = ints+1, pointers+1
		default:
			ints++
		}
	}
	if ints > call.MaxInts || floats > call.MaxFloats || pointers > call.MaxPointers {
		return fmt.Errorf("%w: %s has too many parameters", ErrArgument, sig)
	}
	return nil
}

// put appends the argument of kind k at p to the frame.
func put(f *call.Frame, k kind, p unsafe.Pointer) {
	switch k {
	case kindUint8:
		f.Int(uint64(*(*uint8)(p)))
	case kindInt8:
		f.Int(uint64(*(*int8)(p)))
	case kindUint16:
		f.Int(uint64(*(*uint16)(p)))
	case kindInt16:
		f.Int(uint64(*(*int16)(p)))
	case kindUint32:
		f.Int(uint64(*(*uint32)(p)))
	case kindInt32:
		f.Int(uint64(*(*int32)(p)))
	case kind64:
		f.Int(*(*uint64)(p))
	case kindFloat32:
		f.Float(uint64(*(*uint32)(p)))
	case kindFloat64:
		f.Float(*(*uint64)(p))
	case kindString:
		s := *(*string)(p)
		f.Pointer(unsafe.Pointer(unsafe.StringData(s)))
		f.Int(uint64(len(s)))
	case kindBytes, kindNumbers2, kindNumbers4, kindNumbers8:
		b := *(*[]byte)(p) // all slices look alike; len counts elements
		f.Pointer(unsafe.Pointer(unsafe.SliceData(b)))
		f.Int(uint64(len(b)))
	default:
		f.Copy(p, k.size())
	}
}

// store writes a scalar result of kind k, given as the bits of a register, to p.
func store(k kind, bits uint64, p unsafe.Pointer) {
	switch k {
	case kindUint8, kindInt8:
		*(*uint8)(p) = uint8(bits)
	case kindUint16, kindInt16:
		*(*uint16)(p) = uint16(bits)
	case kindUint32, kindInt32, kindFloat32:
		*(*uint32)(p) = uint32(bits)
	case kind64, kindFloat64:
		*(*uint64)(p) = bits
	}
}

// do makes the call: the frame holds the arguments, result points to a Go
// value of the result type. The caller is inside the gate.
func (fn *function) do(f *call.Frame, result unsafe.Pointer) error {
	f.Fn = fn.addr
	switch {
	case !fn.sig.Error:
		return fn.doValue(f, result)
	case fn.result == kindNone:
		f.Do()
		if fn.lib.dead() {
			return fn.lib.crashError()
		}
	case fn.result.element() > 0:
		return fn.doSpan(f, result)
	case fn.result >= kindStruct:
		size := fn.result.size()
		room := f.Room(size)
		f.Do()
		if fn.lib.dead() {
			return fn.lib.crashError()
		}
		if int32(f.R0) == abi.OK {
			copy(unsafe.Slice((*byte)(result), size), unsafe.Slice((*byte)(room), size))
		}
	default:
		f.Pointer(unsafe.Pointer(&f.Scalar))
		f.Do()
		if fn.lib.dead() {
			return fn.lib.crashError()
		}
		if int32(f.R0) == abi.OK {
			store(fn.result, f.Scalar, result)
		}
	}
	return fn.status(int32(f.R0))
}

// doValue calls a function without a status. If it panics, the library keeps
// the status for the thread that called.
func (fn *function) doValue(f *call.Frame, result unsafe.Pointer) error {
	f.Guarded(fn.lib.sym.pending, fn.lib.sym.takeStatus)
	f.Do()
	if fn.lib.dead() {
		return fn.lib.crashError()
	}
	switch fn.result {
	case kindCString:
		*(*string)(result) = fn.lib.takeCString(uintptr(f.R0))
	case kindFloat32, kindFloat64:
		store(fn.result, f.F0, result)
	default:
		store(fn.result, f.R0, result)
	}
	return fn.status(int32(f.Status))
}

// doSpan calls a function whose result goes to a buffer of ours: the frame's,
// or a new one if the results before did not fit there. A result that is too
// large is fetched, the function does not run again.
func (fn *function) doSpan(f *call.Frame, result unsafe.Pointer) error {
	frames := f.Buffer
	pooled := true
	if size := fn.expect.Load(); size > int64(len(frames)) {
		f.Buffer, pooled = make([]byte, size), false
	}
	element := uintptr(fn.result.element())
	f.Output(int(element))
	f.Do()
	buffer := f.Buffer
	f.Buffer = frames
	if fn.lib.dead() {
		return fn.lib.crashError()
	}
	var out []byte
	switch status := int32(f.R0); abi.Kind(status) {
	case abi.OK:
		out = buffer[:min(f.Length, uintptr(len(buffer))/element)*element]
	case abi.TooSmall:
		taken, ok := fn.lib.take(status, min(f.Length, maxMessage+1)*element)
		if !ok {
			return &CallError{Library: fn.lib.Name(), Version: fn.lib.Version(), Function: fn.name,
				Message: "its large result was not kept long enough to fetch"}
		}
		out, pooled = taken, false
	default:
		return fn.status(status)
	}
	if !pooled {
		fn.adjust(int64(len(out)))
		pooled = len(out) < cap(out)/2 // too much memory to hold on to
	}
	switch {
	case fn.result == kindString && pooled:
		*(*string)(result) = string(out)
	case fn.result == kindString:
		*(*string)(result) = unsafe.String(unsafe.SliceData(out), len(out)) // nobody else has it
	case pooled:
		storeSlice(result, append([]byte(nil), out...), element)
	default:
		storeSlice(result, out, element)
	}
	return nil
}

// storeSlice writes a slice of the elements in out, of size bytes each, to the
// slice at p, which takes out over. No byte slice of this size is aligned less
// than size: the allocator aligns to the largest power of two up to 8 that
// divides what it is asked for (runtime/malloc.go, mallocgcTiny), or more.
func storeSlice(p unsafe.Pointer, out []byte, size uintptr) {
	*(*[]byte)(p) = unsafe.Slice(unsafe.SliceData(out), uintptr(len(out))/size) // all slices look alike
}

// maxExpected bounds the memory that a call sets aside for a result, in bytes.
const maxExpected = 1 << 20

// adjust makes the next call expect a result about as large as this one.
func (fn *function) adjust(size int64) {
	size = min(size, maxExpected)
	if was := fn.expect.Load(); size > was || size < was/2 {
		fn.expect.Store(size)
	}
}

// status turns a status into an error.
func (fn *function) status(status int32) error {
	kind := abi.Kind(status)
	if kind == abi.OK {
		return nil
	}
	return &CallError{
		Library: fn.lib.Name(), Version: fn.lib.Version(), Function: fn.name,
		Message: fn.lib.message(status), Panicked: kind == abi.Panic,
	}
}

// maxMessage bounds what is believed of a library's claim how long a kept
// result is, in bytes.
const maxMessage = 1 << 30

// take fetches the bytes that the library keeps for a status; size is how many
// it said there are.
func (l *Library) take(status int32, size uintptr) ([]byte, bool) {
	for size <= maxMessage {
		f := call.Get()
		b := make([]byte, max(size, 1))
		f.Fn = l.sym.take
		f.Int(uint64(uint32(status)))
		f.Pointer(unsafe.Pointer(&b[0]))
		f.Int(uint64(len(b)))
		f.Pointer(unsafe.Pointer(&f.Length))
		l.controls.Add(1)
		f.Do()
		l.controls.Add(-1)
		got, n := int32(f.R0), f.Length
		f.Put()
		if l.dead() {
			return nil, false
		}
		switch {
		case got == abi.OK && n <= uintptr(len(b)):
			return b[:n], true
		case got != abi.TooSmall || n <= size:
			return nil, false
		}
		size = n
	}
	return nil, false
}

// message is the text that the library keeps for a status.
func (l *Library) message(status int32) string {
	if b, ok := l.take(status, 512); ok {
		return string(b)
	}
	return fmt.Sprintf("status %d, no message kept", abi.Kind(status))
}

// takeCString copies a malloc'd string of the library and frees it.
func (l *Library) takeCString(p uintptr) string {
	if p == 0 {
		return ""
	}
	s := cString(p)
	call.Call(l.sym.free, uint64(p)) // C only: no runtime in it
	return s
}

// cString copies the NUL-terminated string at p, which is C memory.
func cString(p uintptr) string {
	// The address comes from C, so vet's rule about uintptr does not apply; it
	// is written in a way that says so.
	base := *(*unsafe.Pointer)(unsafe.Pointer(&p))
	n := 0
	for *(*byte)(unsafe.Add(base, n)) != 0 && n < math.MaxInt32 {
		n++
	}
	return string(unsafe.Slice((*byte)(base), n))
}
