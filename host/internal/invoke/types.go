package invoke

import (
	"reflect"

	"github.com/hotso/hotso/cabi/abi"
)

var goTypes = map[abi.Type]reflect.Type{
	abi.None: reflect.TypeFor[struct{}](), abi.Bool: reflect.TypeFor[bool](),
	abi.Int8: reflect.TypeFor[int8](), abi.Int16: reflect.TypeFor[int16](),
	abi.Int32: reflect.TypeFor[int32](), abi.Int64: reflect.TypeFor[int64](),
	abi.Uint8: reflect.TypeFor[uint8](), abi.Uint16: reflect.TypeFor[uint16](),
	abi.Uint32: reflect.TypeFor[uint32](), abi.Uint64: reflect.TypeFor[uint64](),
	abi.Float32: reflect.TypeFor[float32](), abi.Float64: reflect.TypeFor[float64](),
	abi.String: reflect.TypeFor[string](), abi.CString: reflect.TypeFor[string](),
	abi.Stream: reflect.TypeFor[uint64](),
}

// goType is the inverse of abi.TypeOf.
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
