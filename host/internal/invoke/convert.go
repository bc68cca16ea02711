package invoke

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"

	"github.com/hotso/hotso/cabi/abi"
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
		if !setNumber(e, wholeNumber(n, e)) {
			return fmt.Errorf("%s is not of type %s", n, t)
		}
		ok = true
	case a.Kind() == e.Kind() && t.Size() == 0 && a.CanConvert(e.Type()), a.Kind() == reflect.Bool && t == abi.Bool:
		e.Set(a.Convert(e.Type()))
		ok = true
	case t.Size() == 0:
		return assignParts(e, arg, t)
	case a.CanInt():
		ok = setNumber(e, strconv.FormatInt(a.Int(), 10))
	case a.CanUint():
		ok = setNumber(e, strconv.FormatUint(a.Uint(), 10))
	case a.CanFloat() && e.CanFloat():
		if ok = !e.OverflowFloat(a.Float()); ok {
			e.SetFloat(a.Float())
		}
	case a.CanFloat() && a.Float() == math.Trunc(a.Float()):
		ok = setNumber(e, strconv.FormatFloat(a.Float(), 'f', 0, 64))
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
	if !ok || len(object) != len(fields) {
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

// wholeNumber writes an n like 1.0 or 1e3 as an integer, if e is one. It reads
// n as a float64, as most readers of JSON do, so only up to 2^53.
func wholeNumber(n json.Number, e reflect.Value) string {
	f, err := n.Float64()
	if e.CanFloat() || err != nil || !strings.ContainsAny(n.String(), ".eE") || f != math.Trunc(f) || math.Abs(f) >= 1<<53 {
		return n.String()
	}
	return strconv.FormatFloat(f, 'f', 0, 64)
}

// setNumber reads text into e if it is a number that holds it.
func setNumber(e reflect.Value, text string) (ok bool) {
	bits := int(e.Type().Size()) * 8
	switch {
	case e.CanInt():
		n, err := strconv.ParseInt(text, 10, bits)
		if ok = err == nil; ok {
			e.SetInt(n)
		}
	case e.CanUint():
		n, err := strconv.ParseUint(text, 10, bits)
		if ok = err == nil; ok {
			e.SetUint(n)
		}
	case e.CanFloat():
		n, err := strconv.ParseFloat(text, bits)
		if ok = err == nil; ok {
			e.SetFloat(n)
		}
	}
	return ok
}
