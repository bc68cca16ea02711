//go:build !hotso_fallback

package invoke

import (
	"unsafe"

	"github.com/hotso/hotso/host/internal/call"
)

// registers has the trampoline make the call of the frame.
func (d *Direct) registers(f *call.Frame) {
	stacked := call.Stacked(d.ints())
	f.Stack(stacked)
	d.Trampoline, d.Frame = call.Trampoline(), unsafe.Pointer(f)
	var integer, float unsafe.Pointer
	d.Words, integer, float, d.Status = f.Registers()
	d.Returned, d.Result = integer, integer
	if d.fn.float {
		d.Result = float
	}
}

// ints is how many integer arguments the C function has.
func (d *Direct) ints() int {
	switch d.Shape {
	case shapeScalar:
		return d.fn.ints + 1
	case shapeSpan:
		return d.fn.ints + 3
	}
	return d.fn.ints
}
