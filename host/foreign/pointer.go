package foreign

import (
	"fmt"

	"github.com/hotso/hotso/host"
)

// Registers of a call by a pointer, see libhotso/pointer.c.
const (
	pointerIntegers = 6
	pointerFloats   = 8
)

// PointerParams says what a C function with the prototype of a prepared one takes: how many arguments, and which
// are floats, a bit for each. All of them, and the result, have to be numbers that fit the registers.
func PointerParams(h Handle) (count, floats uint32, err error) {
	f, err := lookup[*Function](h)
	if err != nil {
		return 0, 0, err
	}
	integers, floating := 0, 0
	for i, p := range f.sig.Params {
		switch {
		case p.Type.Float():
			floats |= 1 << i
			floating++
		case p.Type.Size() > 0:
			integers++
		default:
			integers = pointerIntegers + 1
		}
	}
	if integers > pointerIntegers || floating > pointerFloats || f.sig.Result != "" && f.sig.Result.Size() == 0 {
		return 0, 0, fmt.Errorf("%w: %s is %s, which has other parameters or results than numbers, or too many", host.ErrUnsupported, f.name, f.sig)
	}
	return uint32(len(f.sig.Params)), floats, nil
}

// ErrTooManyPointers: each of them is in use.
var ErrTooManyPointers = fmt.Errorf("%w: all pointers to functions are in use", host.ErrTooMany)
