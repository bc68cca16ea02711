package invoke

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/number"
)

// convert returns a pointer to a value of type t that equals arg.
func convert(arg any, t abi.Type) (reflect.Value, error) {
	v := reflect.New(goType(t))
	return v, assign(v.Elem(), arg, t)
}

// assign sets e, which is of type t, to arg.
func assign(e reflect.Value, arg any, t abi.Type) error {
	if a, ok := arg.(Argument); ok {
		v, err := a.Argument(t)
		if err != nil {
			return err
		}
		arg = v
	}
	a := reflect.ValueOf(arg)
	n, isNumber := arg.(json.Number)
	ok := false
	switch {
	case !a.IsValid():
	case isNumber:
		if !number.Set(e, n.String()) {
			return fmt.Errorf("%s is not of type %s", n, t)
		}
		ok = true
	case a.Kind() == e.Kind() && t.Size() == 0 && a.CanConvert(e.Type()), a.Kind() == reflect.Bool && t == abi.Bool:
		e.Set(a.Convert(e.Type()))
		ok = true
	case t.Size() == 0:
		return assignParts(e, arg, t)
	case a.CanInt():
		ok = number.Set(e, strconv.FormatInt(a.Int(), 10))
	case a.CanUint():
		ok = number.Set(e, strconv.FormatUint(a.Uint(), 10))
	case a.CanFloat() && e.CanFloat():
		if ok = !e.OverflowFloat(a.Float()); ok {
			e.SetFloat(a.Float())
		}
	case a.CanFloat() && a.Float() == math.Trunc(a.Float()):
		ok = number.Set(e, strconv.FormatFloat(a.Float(), 'f', 0, 64))
	}
	if !ok {
		return mismatch(arg, t)
	}
	return nil
}

// mismatch does not say what a long argument is.
func mismatch(arg any, t abi.Type) error {
	text := fmt.Sprintf("%v", arg)
	if len(text) > 80 {
		return fmt.Errorf("the %T is not of type %s", arg, t)
	}
	return fmt.Errorf("%s (%T) is not of type %s", text, arg, t)
}

// assignParts sets a slice or struct from what encoding/json makes of an array
// or object. An object has all the fields of the struct and no other.
func assignParts(e reflect.Value, arg any, t abi.Type) error {
	if list, ok := arg.([]any); ok && e.Kind() == reflect.Slice && t != abi.Bytes { // JSON has base64 for bytes
		e.Set(reflect.MakeSlice(e.Type(), len(list), len(list)))
		for i, a := range list {
			if err := assign(e.Index(i), a, t.Elem()); err != nil {
				return fmt.Errorf("element %d: %w", i, err)
			}
		}
		return nil
	}
	object, ok := arg.(map[string]any)
	fields := t.Fields()
	if !ok || !t.Struct() || len(object) != len(fields) {
		return mismatch(arg, t)
	}
	for i, f := range fields {
		a, ok := object[f.Name]
		if !ok {
			return fmt.Errorf("field %s is missing: %w", f.Name, mismatch(arg, t))
		}
		if err := assign(e.Field(i), a, f.Type); err != nil {
			return fmt.Errorf("field %s: %w", f.Name, err)
		}
	}
	return nil
}
