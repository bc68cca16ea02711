//go:build cgo

package cabi

import (
	"fmt"
	"runtime/debug"
	"unsafe"

	"github.com/hotso/hotso/cabi/abi"
)

// String copies n bytes at p. The copy belongs to Go; p is not kept.
func String(p unsafe.Pointer, n uintptr) string {
	return string(Bytes(p, n))
}

// Bytes is a view of n bytes at p, without a copy: it is valid only during the
// call that brought p, and must not be written to.
func Bytes(p unsafe.Pointer, n uintptr) []byte {
	return unsafe.Slice((*byte)(p), n)
}

// A Buffer is the caller's memory for a text or byte result: capacity bytes at
// out, and where the length goes.
type Buffer struct {
	out unsafe.Pointer
	cap uintptr
	len *uintptr
}

// Out makes a Buffer of the last three arguments of an export.
func Out(out unsafe.Pointer, capacity uintptr, length unsafe.Pointer) Buffer {
	return Buffer{out, capacity, (*uintptr)(length)}
}

// fill copies n elements at p into b, or keeps them for hotso_take if they do
// not fit: f may write to them again.
func fill[T any](b Buffer, p *T, n int) int32 {
	*b.len = uintptr(n)
	if uintptr(n) > b.cap {
		bytes := unsafe.Slice((*byte)(unsafe.Pointer(p)), uintptr(n)*unsafe.Sizeof(*p))
		return keep(abi.TooSmall, append([]byte(nil), bytes...))
	}
	copy(unsafe.Slice((*T)(b.out), n), unsafe.Slice(p, n))
	return abi.OK
}

// Text puts s into b, or says that there was an error. The status is HOTSO_OK,
// HOTSO_TOO_SMALL, or HOTSO_ERROR. The export defers [RecoverStatus]. A short text that
// is made for it then mostly needs no memory from the heap, as the compiler sees that
// it goes nowhere else.
func (b Buffer) Text(s string, err error) int32 {
	if err != nil {
		return fail(err)
	}
	return fill(b, unsafe.StringData(s), len(s))
}

// Text runs f and puts its text into b. The status is that of [Buffer.Text], or
// HOTSO_PANIC.
func Text(b Buffer, f func() (string, error)) (status int32) {
	defer RecoverStatus(&status)
	return b.Text(f())
}

// Data is Text for bytes. The bytes are copied before it returns.
func Data(b Buffer, f func() ([]byte, error)) (status int32) {
	defer RecoverStatus(&status)
	p, err := f()
	if err != nil {
		return fail(err)
	}
	return fill(b, unsafe.SliceData(p), len(p))
}

// A Number is what a slice that crosses is made of.
type Number interface {
	~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~float32 | ~float64
}

// Numbers is Data for a slice of numbers; capacity and length of b count them.
func Numbers[T Number](b Buffer, f func() ([]T, error)) (status int32) {
	defer RecoverStatus(&status)
	v, err := f()
	if err != nil {
		return fail(err)
	}
	return fill(b, unsafe.SliceData(v), len(v))
}

// Run runs f and turns its error or panic into a status.
func Run(f func() error) (status int32) {
	defer RecoverStatus(&status)
	if err := f(); err != nil {
		return fail(err)
	}
	return abi.OK
}

// Value runs f, stores its result at result, and returns the status.
func Value[T any](result *T, f func() (T, error)) (status int32) {
	defer RecoverStatus(&status)
	v, err := f()
	if err != nil {
		return fail(err)
	}
	*result = v
	return abi.OK
}

// Recover is deferred, as the first thing, by an export that returns a plain value or
// nothing. If the export panics it returns the zero value, and the status waits for
// hotso_take_status on this thread.
//
//	//export Twice
//	func Twice(n int32) int32 {
//		defer cabi.Recover()
//		return 2 * n
//	}
func Recover() {
	if r := recover(); r != nil {
		setPending(keepPanic(r))
	}
}

// RecoverStatus is deferred, as the first thing, by an export that returns a status and
// does not run all that it does in [Text] or its kin. If the export panics it sets the
// status to HOTSO_PANIC.
//
//	//export Motto
//	func Motto(out *C.char, outCap C.size_t, outLen *C.size_t) (status C.hotso_status) {
//		defer cabi.RecoverStatus(&status)
//		buffer := cabi.Out(unsafe.Pointer(out), uintptr(outCap), unsafe.Pointer(outLen))
//		return C.hotso_status(buffer.Text(motto(), nil))
//	}
func RecoverStatus[S ~int32](status *S) {
	if r := recover(); r != nil {
		*status = S(keepPanic(r))
	}
}

func fail(err error) int32 { return keep(abi.Error, []byte(err.Error())) }

// keepPanic keeps the panic's value and the stack it came from.
func keepPanic(value any) int32 {
	return keep(abi.Panic, fmt.Appendf(nil, "panic: %v\n\n%s", value, debug.Stack()))
}
