package host

import (
	"fmt"
	"unsafe"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/call"
)

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
	abi.Stream: kind64,
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

// A param says how an argument travels, and to which word of a call frame.
type param struct {
	kind kind
	at   uint8 // the first word
	word bool  // a scalar of 4 or 8 bytes that goes there as it is
}

// layout is where the arguments of a call go, and how many are integers there.
func layout(sig abi.Signature) (params []param, ints int) {
	floats := call.MaxInts
	for _, p := range sig.Params {
		to := param{kind: kindOf(p.Type), at: uint8(ints)}
		switch to.kind {
		case kindFloat32, kindFloat64:
			to.at = uint8(floats)
			floats++
			if call.FloatsTakeInts {
				ints++
			}
		case kindString, kindBytes, kindNumbers2, kindNumbers4, kindNumbers8:
			ints += 2
		default:
			ints++
		}
		switch to.kind {
		case kindUint32, kindInt32, kindFloat32, kind64, kindFloat64:
			to.word = call.Loose || to.kind == kind64 || to.kind == kindFloat64
		}
		params = append(params, to)
	}
	return params, ints
}

// checkRegisters reports a signature that a call frame can't carry.
func checkRegisters(sig abi.Signature) error {
	ints, floats, pointers := 3, 0, 0
	for _, p := range sig.Params {
		switch {
		case p.Type.Float():
			floats++
			if call.FloatsTakeInts {
				ints++
			}
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

// declare tells package call what it can't see in a frame: how many floats fn takes,
// and whether it returns one.
func (fn *function) declare() {
	floats, result := 0, 0
	for _, p := range fn.sig.Params {
		if p.Type.Float() {
			floats++
		}
	}
	if fn.plain {
		switch fn.result {
		case kindFloat32:
			result = 4
		case kindFloat64:
			result = 8
		}
	}
	call.Declare(fn.addr, floats, result)
}

// put sets the argument for p to a. It is small enough to be inlined.
func put[A any](f *call.Frame, p param, a *A) {
	if p.word {
		*(*A)(unsafe.Pointer(&f.Words[p.at%(call.MaxInts+call.MaxFloats)])) = *a
	} else {
		putOther(f, p, unsafe.Pointer(a))
	}
}

// putOther is put for any kind of argument.
func putOther(f *call.Frame, p param, a unsafe.Pointer) {
	switch p.kind {
	case kindUint32, kindInt32, kindFloat32:
		f.Set(p.at, extended(p.kind, *(*uint32)(a)))
	case kind64, kindFloat64:
		f.Set(p.at, *(*uint64)(a))
	case kindUint8:
		f.Set(p.at, uint64(*(*uint8)(a)))
	case kindInt8:
		f.Set(p.at, uint64(*(*int8)(a)))
	case kindUint16:
		f.Set(p.at, uint64(*(*uint16)(a)))
	case kindInt16:
		f.Set(p.at, uint64(*(*int16)(a)))
	case kindString:
		s := *(*string)(a)
		f.Set(p.at, f.Hold(unsafe.Pointer(unsafe.StringData(s))))
		f.Set(p.at+1, uint64(len(s)))
	case kindBytes, kindNumbers2, kindNumbers4, kindNumbers8:
		b := *(*[]byte)(a) // all slices look alike; len counts elements
		f.Set(p.at, f.Hold(unsafe.Pointer(unsafe.SliceData(b))))
		f.Set(p.at+1, uint64(len(b)))
	default:
		f.Set(p.at, uint64(uintptr(f.Copy(a, p.kind.size())))) // f holds it
	}
}

// extended is a value of 32 bits as an argument.
func extended(k kind, bits uint32) uint64 {
	switch {
	case call.Loose:
		return uint64(bits)
	case k == kindUint32:
		return call.Uint32(bits)
	case k == kindFloat32:
		return call.Float32(bits)
	}
	return uint64(int32(bits))
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
