package invoke

import (
	"math/bits"
	"sync/atomic"
	"unsafe"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/call"
	"github.com/hotso/hotso/host/life"
)

// A Function is one exported function of one loaded version.
type Function struct {
	target *Target
	name   string
	addr   uintptr
	sig    abi.Signature

	params  []Param
	ints    int // integer arguments
	floats  int // and others
	result  kind
	span    bool         // the result is a text or slice,
	shift   uint8        // of elements of 1<<shift bytes
	float   bool         // the result is one
	bare    bool         // in C, and there is nothing about its calls
	plain   bool         // so, with a scalar result, and no status
	stacked uintptr      // of a plain one: arguments that go to the stack
	expect  atomic.Int64 // bytes of a result, if the frame's buffer was too small for one

	builtin *BuiltinFunction // nil: it is in C
}

func newFunction(t *Target, name string, addr uintptr, sig abi.Signature) *Function {
	fn := declared(t, name, sig)
	fn.addr = addr
	fn.bare = t.about == nil
	fn.plain = fn.bare && !sig.Error && fn.result < kindString
	fn.stacked = call.Stacked(fn.ints)
	fn.declare()
	return fn
}

// declared is a function without its code.
func declared(t *Target, name string, sig abi.Signature) *Function {
	fn := &Function{target: t, name: name, sig: sig, result: kindOf(sig.Result)}
	element := fn.result.element()
	fn.span, fn.shift = element > 0, uint8(max(bits.Len(uint(element)), 1)-1)
	args := layoutOf(sig)
	fn.params, fn.ints, fn.floats, fn.float = args.params, args.ints, args.floats, fn.result.float()
	return fn
}

// declare tells package call what it can't see in a frame: how many floats fn takes,
// and whether it returns one.
func (fn *Function) declare() {
	size := 0
	switch {
	case fn.plain && fn.result == kindFloat32:
		size = 4
	case fn.plain && fn.result == kindFloat64:
		size = 8
	}
	call.Declare(fn.addr, fn.floats, size)
}

// do makes the call: the frame holds the arguments, result points to a Go
// value of the result type. The caller is inside the gate.
func (fn *Function) do(in *inside, result unsafe.Pointer) error {
	if fn.builtin != nil {
		return fn.doBuiltin(in, result)
	}
	f := &in.Frame
	f.Ints(fn.ints)
	switch {
	case !fn.sig.Error:
		return fn.doValue(f, result)
	case fn.result == kindNone:
		f.Do()
		if fn.target.Dead() {
			return fn.target.diedIn(f)
		}
	case fn.span:
		return fn.doSpan(f, result)
	case fn.result >= kindStruct:
		size := fn.result.size()
		scratch := f.Scratch(size)
		f.Int(uint64(uintptr(scratch))) // f holds it
		f.Do()
		if fn.target.Dead() {
			return fn.target.diedIn(f)
		}
		if int32(f.R0) == abi.OK {
			copy(unsafe.Slice((*byte)(result), size), unsafe.Slice((*byte)(scratch), size))
		}
	default:
		f.Pointer(unsafe.Pointer(&f.Scalar))
		f.Do()
		if fn.target.Dead() {
			return fn.target.diedIn(f)
		}
		if int32(f.R0) == abi.OK {
			store(fn.result, f.Scalar, result)
		}
	}
	return fn.status(int32(f.R0))
}

// doValue calls a function without a status. If it panics, the library keeps
// the status for the thread that called, and the frame asks for it.
func (fn *Function) doValue(f *call.Frame, result unsafe.Pointer) error {
	f.Do()
	if fn.target.Dead() {
		return fn.target.diedIn(f)
	}
	if fn.result == kindCString {
		text, err := fn.takeCString(uintptr(f.R0))
		if err != nil {
			return err
		}
		*(*string)(result) = text
	} else {
		store(fn.result, *fn.register(f), result)
	}
	return fn.status(int32(f.Status))
}

// register has the bits of a scalar result.
func (fn *Function) register(f *call.Frame) *uint64 {
	if fn.float {
		return &f.F0
	}
	return &f.R0
}

// doSpan calls a function whose result goes to a buffer of ours: the frame's,
// or a new one if the results before did not fit there. A result that is too
// large is fetched, the function does not run again. Bytes may go to the memory of the slice at
// result; after a crash somebody may still write there.
func (fn *Function) doSpan(f *call.Frame, result unsafe.Pointer) error {
	own := f.Buffer
	var room []byte
	if fn.result == kindBytes {
		room = *(*[]byte)(result)
		room = room[:cap(room)]
	}
	expected := fn.expect.Load()
	large := expected > int64(len(own))
	if large {
		f.Buffer = room
		if expected > int64(len(room)) {
			f.Buffer = make([]byte, expected)
		}
	}
	f.Output(fn.shift)
	f.Do()
	if fn.target.Dead() {
		return fn.target.diedIn(f) // with the buffer in it
	}
	status := int32(f.R0)
	if large || abi.Kind(status) == abi.TooSmall {
		out := f.Buffer
		f.Buffer = own
		return fn.receiveLarge(f, out, len(room), result)
	}
	if status != abi.OK {
		return fn.status(status)
	}
	out := fn.written(f, own)
	if fn.result == kindString {
		*(*string)(result) = string(out)
	} else {
		storeSlice(result, append(room[:0], out...), fn.shift)
	}
	return nil
}

// receiveLarge takes a result that came in out, which is the caller's, or did not
// fit there. The caller has room bytes at hand in any case.
func (fn *Function) receiveLarge(f *call.Frame, out []byte, room int, result unsafe.Pointer) error {
	switch status := int32(f.R0); abi.Kind(status) {
	case abi.OK:
		out = fn.written(f, out)
	case abi.TooSmall:
		var err error
		out, err = fn.target.take(status, min(f.Length, maxMessage+1)<<fn.shift)
		switch {
		case err == nil:
		case fn.target.Dead():
			return err
		default:
			fn.target.countError(life.FailedError)
			return &life.CallError{Library: fn.target.Name, Version: fn.target.Version, Function: fn.name,
				Message: "its large result: " + err.Error()}
		}
	default:
		return fn.status(status)
	}
	fn.adjust(int64(len(out)))
	if len(out) < cap(out)/2 && cap(out) > room { // too much memory to hold on to
		out = append([]byte(nil), out...)
	}
	if fn.result == kindString {
		*(*string)(result) = unsafe.String(unsafe.SliceData(out), len(out)) // nobody else has it
	} else {
		storeSlice(result, out, fn.shift)
	}
	return nil
}

// written is the part of a buffer of ours that the library says it has filled.
func (fn *Function) written(f *call.Frame, buffer []byte) []byte {
	return buffer[:min(f.Length, uintptr(len(buffer))>>fn.shift)<<fn.shift]
}

// storeSlice writes a slice of the elements in out, of 1<<shift bytes each, to the
// slice at p, which takes out over. No byte slice of this size is aligned less
// than size: the allocator aligns to the largest power of two up to 8 that
// divides what it is asked for (runtime/malloc.go, mallocgcTiny), or more.
func storeSlice(p unsafe.Pointer, out []byte, shift uint8) {
	*(*[]byte)(p) = unsafe.Slice(unsafe.SliceData(out), len(out)>>shift) // all slices look alike
}

// maxExpected bounds the memory that a call sets aside for a result, in bytes.
const maxExpected = 1 << 20

// adjust makes the next call expect a result about as large as this one.
func (fn *Function) adjust(size int64) {
	size = min(size, maxExpected)
	if was := fn.expect.Load(); size > was || size < was/2 {
		fn.expect.Store(size)
	}
}

// status turns a status into an error.
func (fn *Function) status(status int32) error {
	kind := abi.Kind(status)
	if kind == abi.OK {
		return nil
	}
	failure := life.FailedError
	if kind == abi.Panic {
		failure = life.FailedPanic
	}
	fn.target.countError(failure)
	message := fn.target.message(status)
	if fn.target.Dead() {
		return fn.target.CrashError()
	}
	text, detail := abi.SplitError(message)
	return calledFrom(&life.CallError{
		Library: fn.target.Name, Version: fn.target.Version, Function: fn.name,
		Message: text, Detail: detail, Panicked: kind == abi.Panic,
	})
}
