// Package number reads the text of a number into a value of Go.
package number

import (
	"math"
	"reflect"
	"strconv"
	"strings"
)

// Set sets e, an integer or float, to the number that text is, as JSON writes it. It
// reports false, and leaves e as it is, if there is none or e's type does not hold it. An integer
// may be written like 1.0 or 1e3, up to 2^53: so far, whoever read it as a float64 had it exactly.
func Set(e reflect.Value, text string) (ok bool) {
	text = whole(text, e)
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

// whole writes a number like 1.0 or 1e3 as an integer, if e is one.
func whole(text string, e reflect.Value) string {
	if e.CanFloat() || !strings.ContainsAny(text, ".eE") {
		return text
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) >= 1<<53 {
		return text
	}
	return strconv.FormatFloat(f, 'f', 0, 64)
}
