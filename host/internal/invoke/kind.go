package invoke

import (
	"fmt"
	"unsafe"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/call"
	"github.com/hotso/hotso/host/life"
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

func (k kind) float() bool { return k == kindFloat32 || k == kindFloat64 }

// A Param says how an argument travels, and to which word of a call frame.
type Param struct {
	kind kind
	at   uint8 // the first word
	word bool  // a scalar of 4 or 8 bytes that goes there as it is
}

// A layout is where the arguments of a call go.
type layout struct {
	params                 []Param
	ints, floats, pointers int // how many words, registers, and Go pointers they take
}

func layoutOf(sig abi.Signature) (l layout) {
	for _, p := range sig.Params {
		to := Param{kind: kindOf(p.Type), at: uint8(l.ints)}
		switch {
		case to.kind.float():
			to.at = uint8(call.MaxInts + l.floats)
			l.floats++
			if call.FloatsTakeInts {
				l.ints++
			}
		case to.kind.element() > 0:
			l.ints, l.pointers = l.ints+2, l.pointers+1
		case to.kind >= kindStruct:
			l.ints, l.pointers = l.ints+1, l.pointers+1
		default:
			l.ints++
		}
		switch to.kind {
		case kindUint32, kindInt32, kindFloat32, kind64, kindFloat64:
			to.word = call.Loose || to.kind == kind64 || to.kind == kindFloat64
		}
		l.params = append(l.params, to)
	}
	return l
}

// CheckRegisters reports a signature that a call frame can't carry, with the three
// arguments that a result may take.
func CheckRegisters(sig abi.Signature) error {
	if l := layoutOf(sig); 3+l.ints > call.MaxInts || l.floats > call.MaxFloats || l.pointers > call.MaxPointers {
		return fmt.Errorf("%w: %s has too many parameters", life.ErrArgument, sig)
	}
	return nil
}

// Put sets the argument for p to a. It is small enough to be inlined.
func Put[A any](f *call.Frame, p Param, a *A) {
	if p.word {
		*(*A)(unsafe.Pointer(&f.Words[p.at%(call.MaxInts+call.MaxFloats)])) = *a
	} else {
		putOther(f, p, unsafe.Pointer(a))
	}
}

// putOther is put for any kind of argument.
func putOther(f *call.Frame, p Param, a unsafe.Pointer) {
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
