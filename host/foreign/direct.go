package foreign

import (
	"fmt"
	"unsafe"

	"github.com/hotso/hotso/host/internal/invoke"
)

// A Direct is how a thread calls a function without Go, see package invoke.
type Direct = invoke.Direct

// OnReleased is called when a handle of a function was released: Directs of it, and its pointer,
// must not be used any more.
var OnReleased = func(Handle) {}

// IsFunction reports whether there is a prepared function of that handle.
func IsFunction(h Handle) bool {
	_, ok := handles.find(h).(*Function)
	return ok
}

// DirectOf returns a way for the calling thread to call a function, or nil if there is none now.
func DirectOf(h Handle) *Direct {
	f, ok := handles.find(h).(*Function)
	if !ok {
		return nil
	}
	return f.binding.Direct()
}

// DirectFail ends a call that has not gone as ever, and leaves. It is no failure if the result did not fit; then it
// goes to result as in Invoke.
func DirectFail(d *Direct, result unsafe.Pointer) error {
	allocate := Allocate
	var nowhere [2]uint64
	if result == nil {
		result, allocate = unsafe.Pointer(&nowhere), discard
	}
	ok, err := d.Fail(result, allocate)
	if err == nil && !ok && result != unsafe.Pointer(&nowhere) {
		return fmt.Errorf("%w for a result", ErrNoMemory)
	}
	return err
}

// DirectLarge leaves, after a call whose result, of n elements, fits the frame, but not the buffer of the caller's.
func DirectLarge(d *Direct, n uint64, result unsafe.Pointer) error {
	if !d.Take(n, result, Allocate) {
		return fmt.Errorf("%w for a result", ErrNoMemory)
	}
	return nil
}
