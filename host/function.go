package host

import (
	"fmt"
	"math"
	"runtime"
	"sync/atomic"
	"unsafe"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/call"
)

// A function is one exported function of one loaded version.
type function struct {
	lib    *Library
	name   string
	addr   uintptr
	sig    abi.Signature
	elem   int // size of an element of a span result in bytes, 0 for every other
	result int // size of a struct result in bytes, 0 for every other
}

func newFunction(lib *Library, name string, addr uintptr, sig abi.Signature) *function {
	return &function{lib, name, addr, sig, sig.Result.Elem().Size(), newArgument(sig.Result).size}
}

// An argument is how a parameter is passed, found out before the call.
type argument struct {
	typ  abi.Type
	size int // of a struct in bytes, 0 for every other type
}

func newArgument(t abi.Type) argument {
	a := argument{typ: t}
	if t.Struct() {
		a.size, _ = t.Layout()
	}
	return a
}

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

// put appends the argument at p to the frame.
func put(f *call.Frame, a argument, p unsafe.Pointer) {
	switch a.typ {
	case abi.Bool, abi.Uint8:
		f.Int(uint64(*(*uint8)(p)))
	case abi.Int8:
		f.Int(uint64(*(*int8)(p)))
	case abi.Int16:
		f.Int(uint64(*(*int16)(p)))
	case abi.Uint16:
		f.Int(uint64(*(*uint16)(p)))
	case abi.Int32:
		f.Int(uint64(*(*int32)(p)))
	case abi.Uint32:
		f.Int(uint64(*(*uint32)(p)))
	case abi.Int64, abi.Uint64:
		f.Int(*(*uint64)(p))
	case abi.Float32:
		f.Float(uint64(*(*uint32)(p)))
	case abi.Float64:
		f.Float(*(*uint64)(p))
	case abi.String:
		s := *(*string)(p)
		f.Pointer(unsafe.Pointer(unsafe.StringData(s)))
		f.Int(uint64(len(s)))
	default:
		if a.size > 0 {
			f.Copy(p, a.size)
			return
		}
		b := *(*[]byte)(p) // whatever its elements, len counts them
		f.Pointer(unsafe.Pointer(unsafe.SliceData(b)))
		f.Int(uint64(len(b)))
	}
}

// store writes a scalar result, given as the bits of a register, to p.
func store(t abi.Type, bits uint64, p unsafe.Pointer) {
	switch t.Size() {
	case 1:
		*(*uint8)(p) = uint8(bits)
	case 2:
		*(*uint16)(p) = uint16(bits)
	case 4:
		*(*uint32)(p) = uint32(bits)
	case 8:
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
	case fn.sig.Result == abi.None:
		f.Do()
	case fn.elem > 0:
		return fn.doSpan(f, result)
	case fn.result > 0:
		room := f.Room(fn.result)
		f.Do()
		if int32(f.R0) == abi.OK {
			copy(unsafe.Slice((*byte)(result), fn.result), unsafe.Slice((*byte)(room), fn.result))
		}
	default:
		f.Pointer(unsafe.Pointer(&f.Scalar))
		f.Do()
		if int32(f.R0) == abi.OK {
			store(fn.sig.Result, f.Scalar, result)
		}
	}
	return fn.status(int32(f.R0))
}

// doValue calls a function without a status. If it panics, the library keeps
// the status for the thread that called, so the goroutine stays on it.
func (fn *function) doValue(f *call.Frame, result unsafe.Pointer) error {
	runtime.LockOSThread()
	f.Do()
	pending := atomic.LoadUint32(fn.lib.sym.pending) != 0
	var status int32
	r0, f0 := f.R0, f.F0
	if pending {
		status = int32(call.Call(fn.lib.sym.takeStatus))
	}
	runtime.UnlockOSThread()
	switch t := fn.sig.Result; {
	case t == abi.CString:
		*(*string)(result) = fn.lib.takeCString(uintptr(r0))
	case t.Float():
		store(t, f0, result)
	case t != abi.None:
		store(t, r0, result)
	}
	return fn.status(status)
}

// doSpan calls a function whose result goes to a buffer of ours. A result
// that is too large is fetched, the function does not run again.
func (fn *function) doSpan(f *call.Frame, result unsafe.Pointer) error {
	size := fn.elem
	f.Output(size)
	f.Do()
	status := int32(f.R0)
	var out []byte
	switch abi.Kind(status) {
	case abi.OK:
		out = f.Buffer[:min(f.Length, uintptr(len(f.Buffer)/size))*uintptr(size)]
	case abi.TooSmall:
		b, ok := fn.lib.take(status, min(f.Length, maxMessage+1)*uintptr(size))
		if !ok {
			return &CallError{Library: fn.lib.Name(), Version: fn.lib.Version(), Function: fn.name,
				Message: "its large result was not kept long enough to fetch"}
		}
		out = b
	default:
		return fn.status(status)
	}
	switch {
	case fn.sig.Result == abi.String:
		*(*string)(result) = string(out)
	case size == 1:
		*(*[]byte)(result) = append([]byte(nil), out...)
	default:
		storeNumbers(result, out, size)
	}
	return nil
}

// storeNumbers writes a slice of the numbers in out, of size bytes each, to the
// slice at p.
func storeNumbers(p unsafe.Pointer, out []byte, size int) {
	n := len(out) / size
	if n == 0 {
		*(*[]byte)(p) = nil
		return
	}
	words := make([]uint64, (n*size+7)/8) // aligned for every number, and without pointers for the GC
	data := unsafe.Pointer(unsafe.SliceData(words))
	copy(unsafe.Slice((*byte)(data), n*size), out)
	*(*[]byte)(p) = unsafe.Slice((*byte)(data), n) // any slice looks alike; len and cap count elements
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
		f.Do()
		got, n := int32(f.R0), f.Length
		f.Put()
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
	call.Call(l.sym.free, uint64(p))
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
