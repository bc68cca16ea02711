package values

import (
	"fmt"
	"math"
	"math/big"
	"reflect"
	"testing"
	"time"
)

// Same wants two values to be equal: errors by their text, unless they arrive as what they were,
// times by instant and offset, numbers by their bits; and nil to be nil, and empty to be empty. It
// reports whether they are. It may be called from any goroutine.
func Same[T any](t testing.TB, want, got T) bool {
	t.Helper()
	differ := difference("", reflect.ValueOf(&want).Elem(), reflect.ValueOf(&got).Elem())
	if differ != "" {
		t.Errorf("%T%s", want, differ)
	}
	return differ == ""
}

// difference says where two values, which can be addressed, differ, and how; "" if they do not.
func difference(path string, want, got reflect.Value) string {
	differ := fmt.Sprintf("%s: want %v, got %v", path, want, got)
	switch w := want.Interface().(type) {
	case time.Time:
		g := got.Interface().(time.Time)
		_, o1 := w.Zone()
		_, o2 := g.Zone()
		if !w.Equal(g) || o1 != o2 || w.Location() == time.UTC && g.Location() != time.UTC {
			return differ
		}
		return ""
	case big.Int:
		if g := got.Interface().(big.Int); w.Cmp(&g) != 0 {
			return differ
		}
		return ""
	}
	isNil := func(v reflect.Value) bool {
		switch v.Kind() {
		case reflect.Interface, reflect.Pointer, reflect.Slice, reflect.Map:
			return v.IsNil()
		}
		return false
	}
	if isNil(want) != isNil(got) {
		return differ
	}
	if isNil(want) {
		return ""
	}
	each := func(path string, want, got reflect.Value) string {
		return difference(path, addressed(want), addressed(got))
	}
	switch want.Kind() {
	case reflect.Interface:
		if want.Elem().Type() == got.Elem().Type() {
			return each(path, want.Elem(), got.Elem())
		}
		w, ok1 := want.Interface().(error)
		g, ok2 := got.Interface().(error)
		if !ok1 || !ok2 || w.Error() != g.Error() {
			return fmt.Sprintf("%s: want a %v, got a %v", path, want.Elem().Type(), got.Elem().Type())
		}
	case reflect.Pointer:
		return difference(path, want.Elem(), got.Elem())
	case reflect.Struct:
		for i := range want.NumField() {
			f := want.Type().Field(i)
			if !crosses(f) {
				if !got.Field(i).IsZero() {
					return path + "." + f.Name + " has crossed"
				}
				continue
			}
			if d := difference(path+"."+f.Name, exposed(want.Field(i)), exposed(got.Field(i))); d != "" {
				return d
			}
		}
	case reflect.Slice, reflect.Array:
		if want.Len() != got.Len() {
			return differ
		}
		for i := range want.Len() {
			if d := each(fmt.Sprintf("%s[%d]", path, i), want.Index(i), got.Index(i)); d != "" {
				return d
			}
		}
	case reflect.Map:
		if want.Len() != got.Len() {
			return differ
		}
		for _, k := range want.MapKeys() {
			in := fmt.Sprintf("%s[%v]", path, k)
			g := got.MapIndex(k)
			if !g.IsValid() {
				return in + " is missing"
			}
			if d := each(in, want.MapIndex(k), g); d != "" {
				return d
			}
		}
	case reflect.Float32, reflect.Float64:
		if bits(want.Float()) != bits(got.Float()) {
			return differ
		}
	case reflect.Complex64, reflect.Complex128:
		w, g := want.Complex(), got.Complex()
		if bits(real(w)) != bits(real(g)) || bits(imag(w)) != bits(imag(g)) {
			return differ
		}
	default:
		if !want.Equal(got) {
			return differ
		}
	}
	return ""
}

// bits are those of a float; all that are no number are the same.
func bits(f float64) uint64 {
	if f != f {
		f = math.NaN()
	}
	return math.Float64bits(f)
}

// addressed is v, or a copy of it that has an address.
func addressed(v reflect.Value) reflect.Value {
	if v.CanAddr() {
		return v
	}
	c := reflect.New(v.Type()).Elem()
	c.Set(v)
	return c
}
