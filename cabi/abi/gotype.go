package abi

import (
	"fmt"
	"reflect"
)

var kinds = map[reflect.Kind]Type{
	reflect.Bool: Bool,
	reflect.Int8: Int8, reflect.Int16: Int16, reflect.Int32: Int32, reflect.Int64: Int64,
	reflect.Uint8: Uint8, reflect.Uint16: Uint16, reflect.Uint32: Uint32, reflect.Uint64: Uint64,
	reflect.Float32: Float32, reflect.Float64: Float64,
	reflect.String: String,
}

// TypeOf returns how a value of a Go type crosses.
func TypeOf(t reflect.Type) (Type, error) {
	if typ, ok := kinds[t.Kind()]; ok {
		return typ, nil
	}
	switch t.Kind() {
	case reflect.Slice:
		if s := Slice(kinds[t.Elem().Kind()]); s != None {
			return s, nil
		}
	case reflect.Struct:
		return structOf(t)
	}
	return None, fmt.Errorf("%v does not cross the C ABI; use integers of a fixed width, floats, bool, string, []byte, "+
		"or slices and structs of numbers", t)
}

// structOf is TypeOf for a struct. Go has always laid structs out as C does, but
// does not promise to, so it is checked.
func structOf(t reflect.Type) (Type, error) {
	var fields []Field
	for i := range t.NumField() {
		f := t.Field(i)
		typ, err := TypeOf(f.Type)
		if err != nil {
			return None, fmt.Errorf("field %s of %v: %w", f.Name, t, err)
		}
		fields = append(fields, Field{Name: f.Name, Type: typ})
	}
	s := Struct(fields...)
	laidOut := s.Fields()
	if laidOut == nil {
		return None, fmt.Errorf("%v does not cross the C ABI: a struct has exported fields, all of them integers of a "+
			"fixed width, floats, bool or such structs, and at most %d bytes", t, MaxStruct)
	}
	size, _ := s.Layout()
	for i, f := range laidOut {
		if t.Field(i).Offset != uintptr(f.Offset) || t.Size() != uintptr(size) {
			return None, fmt.Errorf("%v does not cross the C ABI: Go does not lay this struct out as C does here", t)
		}
	}
	return s, nil
}
