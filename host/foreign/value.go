package foreign

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"unsafe"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host"
)

// A Value is a hotsoh_value of hotso.h, field by field.
type Value struct {
	Type     Type
	_        int32
	Integer  int64
	Number   float64
	Data     unsafe.Pointer
	Length   uintptr
	Buffer   unsafe.Pointer
	Capacity uintptr
}

// A Type is a HOTSOH_TYPE of hotso.h.
type Type int32

// The types.
const (
	TypeNone    Type = 0
	TypeBool    Type = 1
	TypeInt8    Type = 2
	TypeInt16   Type = 3
	TypeInt32   Type = 4
	TypeInt64   Type = 5
	TypeUint8   Type = 6
	TypeUint16  Type = 7
	TypeUint32  Type = 8
	TypeUint64  Type = 9
	TypeFloat32 Type = 10
	TypeFloat64 Type = 11
	TypeString  Type = 12
	TypeStruct  Type = 13
	TypeLent    Type = 14
	typeSlice   Type = 32 // and that of the elements
	TypeBytes   Type = typeSlice + TypeUint8
)

var scalars = []abi.Type{TypeBool: abi.Bool, TypeInt8: abi.Int8, TypeInt16: abi.Int16, TypeInt32: abi.Int32, TypeInt64: abi.Int64,
	TypeUint8: abi.Uint8, TypeUint16: abi.Uint16, TypeUint32: abi.Uint32, TypeUint64: abi.Uint64,
	TypeFloat32: abi.Float32, TypeFloat64: abi.Float64}

// typeOf is how a value of an abi.Type is told to C.
func typeOf(t abi.Type) Type {
	switch {
	case t == abi.None:
		return TypeNone
	case t == abi.String, t == abi.CString:
		return TypeString
	case t == abi.Stream:
		return TypeUint64
	case t.Struct():
		return TypeStruct
	case t.Span():
		return typeSlice + typeOf(t.Elem())
	}
	for i, s := range scalars {
		if s == t {
			return Type(i)
		}
	}
	return TypeNone
}

func (t Type) integer() bool { return t >= TypeBool && t <= TypeUint64 || t == TypeLent }
func (t Type) float() bool   { return t == TypeFloat32 || t == TypeFloat64 }

// elem is the type of a slice's elements, abi.None for any other type.
func (t Type) elem() abi.Type {
	if e := t - typeSlice; e > TypeBool && e <= TypeFloat64 {
		return scalars[e]
	}
	return abi.None
}

// maxLength is how many bytes an address can have behind it: Go's runtime knows no addresses of more than 48 bits
// (runtime.heapAddrBits), and to ask it for more memory than there can be would end the process.
const maxLength = 1 << 48

var (
	errNull   = errors.New("an address is NULL")
	errLength = errors.New("a length is larger than any memory")
)

// words puts the value into words, as an argument of type t, and returns how many it takes.
func (v *Value) words(to []uint64, t abi.Type) (int, error) {
	switch {
	case t.Span():
		if v.Type != typeOf(t) {
			return 0, v.mismatch(t)
		}
		to[0], to[1] = uint64(uintptr(v.Data)), uint64(v.Length)
		return 2, nil
	case t.Struct():
		size, _ := t.Layout()
		if v.Type != TypeStruct {
			return 0, v.mismatch(t)
		}
		if v.Length != uintptr(size) {
			return 0, fmt.Errorf("the struct has %d bytes, and %s has %d", v.Length, t, size)
		}
		to[0] = uint64(uintptr(v.Data))
		return 1, nil
	}
	word, err := v.scalar(t)
	to[0] = word
	return 1, err
}

// scalar is the value as a word of type t, if t has it.
func (v *Value) scalar(t abi.Type) (word uint64, err error) {
	switch {
	case v.Type == TypeLent:
		if t != abi.Uint64 {
			return 0, v.mismatch(t)
		}
		return LentWord(Handle(v.Integer))
	case t == abi.Bool || v.Type == TypeBool:
		if t != abi.Bool || v.Type != TypeBool {
			return 0, v.mismatch(t)
		}
		if v.Integer != 0 {
			word = 1
		}
		return word, nil
	case t.Float():
		return v.asFloat(t)
	case v.Type.float():
		if v.Number != math.Trunc(v.Number) || v.Number < -(1<<63) || v.Number >= 1<<64 {
			return 0, v.mismatch(t)
		}
		if v.Number < 0 {
			return v.asInteger(t, uint64(int64(v.Number)), true)
		}
		return v.asInteger(t, uint64(v.Number), false)
	case v.Type.integer():
		return v.asInteger(t, uint64(v.Integer), v.Integer < 0 && v.Type != TypeUint64)
	}
	return 0, v.mismatch(t)
}

// asInteger is the integer with these bits as a t.
func (v *Value) asInteger(t abi.Type, bits uint64, negative bool) (uint64, error) {
	width := t.Size() * 8
	ok := false
	switch t {
	case abi.Uint8, abi.Uint16, abi.Uint32, abi.Uint64:
		ok = !negative && bits>>(width-1)>>1 == 0
	default:
		least := int64(-1) << (width - 1)
		ok = negative && int64(bits) >= least || !negative && bits <= uint64(-(least+1))
	}
	if !ok {
		return 0, v.mismatch(t)
	}
	return bits, nil
}

// asFloat is the value as a float. A float64 that is a finite number must be one as a float32, too.
func (v *Value) asFloat(t abi.Type) (uint64, error) {
	f := v.Number
	switch {
	case v.Type == TypeUint64:
		f = float64(uint64(v.Integer))
	case v.Type.integer():
		f = float64(v.Integer)
	case !v.Type.float():
		return 0, v.mismatch(t)
	}
	if t == abi.Float64 {
		return math.Float64bits(f), nil
	}
	if !math.IsInf(f, 0) && math.IsInf(float64(float32(f)), 0) {
		return 0, v.mismatch(t)
	}
	return uint64(math.Float32bits(float32(f))), nil
}

func (v *Value) mismatch(t abi.Type) error {
	switch {
	case v.Type == TypeUint64:
		return fmt.Errorf("%d (type %d) is not of type %s", uint64(v.Integer), v.Type, t)
	case v.Type.integer():
		return fmt.Errorf("%d (type %d) is not of type %s", v.Integer, v.Type, t)
	case v.Type.float():
		return fmt.Errorf("%v (type %d) is not of type %s", v.Number, v.Type, t)
	}
	return fmt.Errorf("a value of type %d is not of type %s", v.Type, t)
}

// check wants memory behind the value.
func (v *Value) check(size uintptr) error {
	switch {
	case v.Length > 0 && v.Data == nil:
		return errNull
	case v.Length > maxLength/size:
		return errLength
	}
	return nil
}

// argument is the value for a dynamic call. A struct is a host.Argument, as only then it is known which.
func (v *Value) argument() (any, error) {
	elem := v.Type.elem()
	switch {
	case v.Type == TypeLent:
		return LentWord(Handle(v.Integer))
	case v.Type == TypeBool:
		return v.Integer != 0, nil
	case v.Type == TypeUint64:
		return uint64(v.Integer), nil
	case v.Type.integer():
		return v.Integer, nil
	case v.Type.float():
		return v.Number, nil
	case v.Type == TypeString || v.Type == TypeStruct:
		if err := v.check(1); err != nil {
			return nil, err
		}
		b := unsafe.Slice((*byte)(v.Data), v.Length)
		if v.Type == TypeStruct {
			return structBytes(b), nil
		}
		return string(b), nil
	case elem != abi.None:
		size := uintptr(elem.Size())
		if err := v.check(size); err != nil {
			return nil, err
		}
		list := reflect.MakeSlice(reflect.SliceOf(goScalars[elem]), int(v.Length), int(v.Length))
		copy(unsafe.Slice((*byte)(list.UnsafePointer()), v.Length*size), unsafe.Slice((*byte)(v.Data), v.Length*size))
		return list.Interface(), nil
	}
	return nil, fmt.Errorf("there is no type %d", v.Type)
}

var goScalars = map[abi.Type]reflect.Type{
	abi.Bool: reflect.TypeFor[bool](), abi.Int8: reflect.TypeFor[int8](), abi.Int16: reflect.TypeFor[int16](),
	abi.Int32: reflect.TypeFor[int32](), abi.Int64: reflect.TypeFor[int64](),
	abi.Uint8: reflect.TypeFor[uint8](), abi.Uint16: reflect.TypeFor[uint16](),
	abi.Uint32: reflect.TypeFor[uint32](), abi.Uint64: reflect.TypeFor[uint64](),
	abi.Float32: reflect.TypeFor[float32](), abi.Float64: reflect.TypeFor[float64](),
}

// structBytes is a struct in its C layout.
type structBytes []byte

// Argument implements host.Argument.
func (b structBytes) Argument(t abi.Type) (any, error) {
	size, _ := t.Layout()
	if !t.Struct() || len(b) != size {
		return nil, fmt.Errorf("a struct of %d bytes is not of type %s", len(b), t)
	}
	object := map[string]any{}
	for _, f := range t.Fields() {
		n := f.Type.Size()
		if f.Type.Struct() {
			n, _ = f.Type.Layout()
			object[f.Name] = structBytes(b[f.Offset : f.Offset+n])
			continue
		}
		v := reflect.New(goScalars[f.Type])
		copy(unsafe.Slice((*byte)(v.UnsafePointer()), n), b[f.Offset:])
		object[f.Name] = v.Elem().Interface()
	}
	return object, nil
}

// Allocate is malloc(3) in libhotso, so that C can free what it is given.
var Allocate = func(size uintptr) unsafe.Pointer {
	return unsafe.Pointer(unsafe.SliceData(make([]uint64, (size+7)/8)))
}

// number sets the value to the number of type t in a word.
func (v *Value) number(t abi.Type, word uint64) {
	p := unsafe.Pointer(&word)
	v.Type, v.Integer, v.Number = typeOf(t), 0, 0
	switch t {
	case abi.Bool, abi.Uint8:
		v.Integer = int64(*(*uint8)(p))
	case abi.Int8:
		v.Integer = int64(*(*int8)(p))
	case abi.Uint16:
		v.Integer = int64(*(*uint16)(p))
	case abi.Int16:
		v.Integer = int64(*(*int16)(p))
	case abi.Uint32:
		v.Integer = int64(*(*uint32)(p))
	case abi.Int32:
		v.Integer = int64(*(*int32)(p))
	case abi.Float32:
		v.Number = float64(*(*float32)(p))
	case abi.Float64:
		v.Number = *(*float64)(p)
	default:
		v.Integer = int64(word)
	}
}

// set is the value of a dynamic call's result.
func (v *Value) set(result any) error {
	r := reflect.ValueOf(result)
	if !r.IsValid() {
		v.Type = TypeNone
		return nil
	}
	t, err := abi.TypeOf(r.Type())
	if err != nil {
		return err
	}
	switch {
	case t == abi.String:
		s := r.String()
		return v.span(t, unsafe.Pointer(unsafe.StringData(s)), uintptr(len(s)), 1)
	case t.Span():
		return v.span(t, r.UnsafePointer(), uintptr(r.Len()), uintptr(t.Elem().Size()))
	}
	p := reflect.New(r.Type())
	p.Elem().Set(r)
	size, _ := t.Layout()
	if t.Struct() {
		return v.span(t, p.UnsafePointer(), uintptr(size), 1)
	}
	var word uint64
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&word)), t.Size()), unsafe.Slice((*byte)(p.UnsafePointer()), t.Size()))
	v.number(t, word)
	return nil
}

// span copies length elements to the value's buffer, or if they don't fit to memory of their own.
func (v *Value) span(t abi.Type, from unsafe.Pointer, length, size uintptr) error {
	to := v.Buffer
	if length > v.Capacity {
		if to = Allocate(length * size); to == nil {
			return fmt.Errorf("%w for a result of %d bytes", ErrNoMemory, length*size)
		}
	}
	copy(unsafe.Slice((*byte)(to), length*size), unsafe.Slice((*byte)(from), length*size))
	v.Type, v.Data, v.Length = typeOf(t), to, length
	return nil
}

// argumentError is about argument i, from 0.
func argumentError(function string, i int, err error) error {
	return fmt.Errorf("%w: argument %d of %s: %w", host.ErrArgument, i+1, function, err)
}
