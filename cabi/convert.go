//go:build cgo

package cabi

import (
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

// fill copies n elements at p into b. If they do not fit it keeps a copy for
// hotso_take, since their owner may overwrite them.
func fill[T any](b Buffer, p *T, n int) int32 {
	*b.len = uintptr(n)
	if uintptr(n) > b.cap {
		bytes := unsafe.Slice((*byte)(unsafe.Pointer(p)), uintptr(n)*unsafe.Sizeof(*p))
		return keep(abi.TooSmall, append([]byte(nil), bytes...))
	}
	copy(unsafe.Slice((*T)(b.out), n), unsafe.Slice(p, n))
	return abi.OK
}

// Status returns HOTSO_OK if err is nil, and else keeps it and returns HOTSO_ERROR.
// The export defers [RecoverStatus].
func Status(err error) int32 {
	if err != nil {
		return fail(err)
	}
	return abi.OK
}

// Store stores v at result if err is nil, and returns the [Status] of err.
func Store[T any](result *T, v T, err error) int32 {
	if err != nil {
		return fail(err)
	}
	*result = v
	return abi.OK
}

// Text puts s into b if err is nil. The status is that of [Status], or
// HOTSO_TOO_SMALL.
func (b Buffer) Text(s string, err error) int32 {
	if err != nil {
		return fail(err)
	}
	return fill(b, unsafe.StringData(s), len(s))
}

// Data is [Buffer.Text] for bytes. They are copied before it returns.
func (b Buffer) Data(p []byte, err error) int32 { return Slice(b, p, err) }

// A Number is an element of a slice that can cross.
type Number interface {
	~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~float32 | ~float64
}

// Slice is [Buffer.Data] for numbers; capacity and length of b count them.
func Slice[T Number](b Buffer, v []T, err error) int32 {
	if err != nil {
		return fail(err)
	}
	return fill(b, unsafe.SliceData(v), len(v))
}

// fail keeps the text of an error, and what generated code has put beside it
// (contract.Errors): its identity, for a host of the same contract.
func fail(err error) int32 {
	text := err.Error()
	if d, ok := err.(interface{ ErrorDetail() []byte }); ok {
		const shown = keptBytes / 4 // with the detail, that fits
		return keep(abi.Error, abi.JoinError(text[:min(len(text), shown)], d.ErrorDetail()))
	}
	return keep(abi.Error, []byte(text))
}
