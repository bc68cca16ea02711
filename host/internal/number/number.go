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
	bits := int(e.Type().Size()) * 8
	switch {
	case e.CanInt():
		n, ok := Int(text, bits)
		if ok {
			e.SetInt(n)
		}
		return ok
	case e.CanUint():
		n, ok := Uint(text, bits)
		if ok {
			e.SetUint(n)
		}
		return ok
	case e.CanFloat():
		n, ok := Float(text, bits)
		if ok {
			e.SetFloat(n)
		}
		return ok
	}
	return false
}

// Int is the integer of that many bits that text is, as for Set.
func Int(text string, bits int) (int64, bool) {
	n, err := strconv.ParseInt(whole(text), 10, bits)
	return n, err == nil
}

// Uint is Int without a sign.
func Uint(text string, bits int) (uint64, bool) {
	n, err := strconv.ParseUint(whole(text), 10, bits)
	return n, err == nil
}

// Float is the float of that many bits that text is, as for Set.
func Float(text string, bits int) (float64, bool) {
	n, err := strconv.ParseFloat(text, bits)
	return n, err == nil
}

// whole writes a number like 1.0 or 1e3 as an integer.
func whole(text string) string {
	if !strings.ContainsAny(text, ".eE") {
		return text
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) >= 1<<53 {
		return text
	}
	return strconv.FormatFloat(f, 'f', 0, 64)
}
