package server

import (
	"math"
	"reflect"
)

// JSON is a result of a call as encoding/json can write it.
func JSON(v any) any {
	r := reflect.ValueOf(v)
	switch {
	case r.Kind() == reflect.Slice && r.IsNil():
		return reflect.MakeSlice(r.Type(), 0, 0).Interface() // "" or [], not null
	case finite(r):
		return v
	}
	return infinite(r)
}

// finite reports whether there is no number in v that JSON does not have.
func finite(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Float32, reflect.Float64:
		return !math.IsNaN(v.Float()) && !math.IsInf(v.Float(), 0)
	case reflect.Slice:
		floats := v.Type().Elem().Kind() == reflect.Float32 || v.Type().Elem().Kind() == reflect.Float64
		for i := 0; floats && i < v.Len(); i++ {
			if !finite(v.Index(i)) {
				return false
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if !finite(v.Field(i)) {
				return false
			}
		}
	}
	return true
}

// infinite is v with texts for such numbers.
func infinite(v reflect.Value) any {
	switch {
	case v.Kind() == reflect.Slice:
		list := make([]any, v.Len())
		for i := range list {
			list[i] = infinite(v.Index(i))
		}
		return list
	case v.Kind() == reflect.Struct:
		object := map[string]any{}
		for i := range v.NumField() {
			object[v.Type().Field(i).Name] = infinite(v.Field(i))
		}
		return object
	case finite(v):
		return v.Interface()
	}
	switch f := v.Float(); {
	case math.IsNaN(f):
		return "NaN"
	case f > 0:
		return "+Inf"
	}
	return "-Inf"
}
