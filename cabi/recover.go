//go:build cgo

package cabi

import (
	"fmt"
	"runtime/debug"

	"github.com/hotso/hotso/cabi/abi"
)

// Run runs f and returns its [Status], or HOTSO_PANIC.
func Run(f func() error) (status int32) {
	defer RecoverStatus(&status)
	return Status(f())
}

// Value runs f and stores its result as [Store] does. The status may be HOTSO_PANIC.
func Value[T any](result *T, f func() (T, error)) (status int32) {
	defer RecoverStatus(&status)
	v, err := f()
	return Store(result, v, err)
}

// Text runs f and puts its text into b as [Buffer.Text] does. The status may be
// HOTSO_PANIC.
func Text(b Buffer, f func() (string, error)) (status int32) {
	defer RecoverStatus(&status)
	return b.Text(f())
}

// Data runs f and puts its bytes into b as [Buffer.Data] does. The status may be
// HOTSO_PANIC.
func Data(b Buffer, f func() ([]byte, error)) (status int32) {
	defer RecoverStatus(&status)
	return b.Data(f())
}

// Numbers is [Data] for numbers.
func Numbers[T Number](b Buffer, f func() ([]T, error)) (status int32) {
	defer RecoverStatus(&status)
	v, err := f()
	return Slice(b, v, err)
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

// RecoverStatus is deferred, as the first thing, by an export that returns a status,
// unless all that the export does runs in [Text] or one of its kin. If the export
// panics the status becomes HOTSO_PANIC.
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

// keepPanic keeps the panic's value and the stack it came from.
func keepPanic(value any) int32 {
	return keep(abi.Panic, fmt.Appendf(nil, "panic: %v\n\n%s", value, debug.Stack()))
}
