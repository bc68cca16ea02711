package host

import (
	"fmt"
	"reflect"

	"github.com/hotso/hotso/cabi/abi"
)

var kinds = map[reflect.Kind]abi.Type{
	reflect.Bool: abi.Bool,
	reflect.Int8: abi.Int8, reflect.Int16: abi.Int16, reflect.Int32: abi.Int32, reflect.Int64: abi.Int64,
	reflect.Uint8: abi.Uint8, reflect.Uint16: abi.Uint16, reflect.Uint32: abi.Uint32, reflect.Uint64: abi.Uint64,
	reflect.Float32: abi.Float32, reflect.Float64: abi.Float64,
	reflect.String: abi.String,
}

// typeOf returns how a value of a Go type crosses.
func typeOf(t reflect.Type) (abi.Type, error) {
	if typ, ok := kinds[t.Kind()]; ok {
		return typ, nil
	}
	switch t.Kind() {
	case reflect.Slice:
		if s := abi.Slice(kinds[t.Elem().Kind()]); s != abi.None {
			return s, nil
		}
	case reflect.Struct:
		return structOf(t)
	}
	return abi.None, fmt.Errorf("a %v does not cross the C ABI; use integers of a fixed width, floats, bool, string, []byte, "+
		"or slices and structs of numbers", t)
}

// structOf is typeOf for a struct. Go lays structs out as C does, as it has
// always done; that it still does is checked, not believed.
func structOf(t reflect.Type) (abi.Type, error) {
	var fields []abi.Field
	for i := range t.NumField() {
		f := t.Field(i)
		typ, err := typeOf(f.Type)
		if err != nil {
			return abi.None, fmt.Errorf("field %s of %v: %w", f.Name, t, err)
		}
		fields = append(fields, abi.Field{Name: f.Name, Type: typ})
	}
	s := abi.Struct(fields...)
	laidOut := s.Fields()
	if laidOut == nil {
		return abi.None, fmt.Errorf("%v does not cross the C ABI: a struct has exported fields, all of them integers of a "+
			"fixed width, floats, bool or such structs, and at most %d bytes", t, abi.MaxStruct)
	}
	size, _ := s.Layout()
	for i, f := range laidOut {
		if t.Field(i).Offset != uintptr(f.Offset) || t.Size() != uintptr(size) {
			return abi.None, fmt.Errorf("%v: %w: Go does not lay this struct out as C does here", t, ErrUnsupported)
		}
	}
	return s, nil
}

var goTypes = map[abi.Type]reflect.Type{
	abi.None: reflect.TypeFor[None](), abi.Bool: reflect.TypeFor[bool](),
	abi.Int8: reflect.TypeFor[int8](), abi.Int16: reflect.TypeFor[int16](),
	abi.Int32: reflect.TypeFor[int32](), abi.Int64: reflect.TypeFor[int64](),
	abi.Uint8: reflect.TypeFor[uint8](), abi.Uint16: reflect.TypeFor[uint16](),
	abi.Uint32: reflect.TypeFor[uint32](), abi.Uint64: reflect.TypeFor[uint64](),
	abi.Float32: reflect.TypeFor[float32](), abi.Float64: reflect.TypeFor[float64](),
	abi.String: reflect.TypeFor[string](), abi.CString: reflect.TypeFor[string](),
}

// goType is the inverse of typeOf.
func goType(t abi.Type) reflect.Type {
	switch {
	case goTypes[t] != nil:
		return goTypes[t]
	case t.Span():
		return reflect.SliceOf(goTypes[t.Elem()])
	}
	var fields []reflect.StructField
	for _, f := range t.Fields() {
		fields = append(fields, reflect.StructField{Name: f.Name, Type: goType(f.Type)})
	}
	return reflect.StructOf(fields)
}
