package echo

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

//hotso:export
func Text(s string) (string, error) { return s, nil }

// Owned returns s, up to a NUL, in memory that the caller frees.
//
//hotso:export cstring
func Owned(s string) string { return s }

// Name is a named text type.
type Name string

// Upper has no error in Go, and gets a status in C.
//
//hotso:export
func Upper(name Name) Name { return Name(strings.ToUpper(string(name))) }

//hotso:export
func Bytes(p []byte) ([]byte, error) { return p, nil }

// Big returns n bytes of the value fill. Calls shows that it ran once even if
// the result did not fit.
//
//hotso:export
func Big(n uint64, fill uint8) ([]byte, error) {
	calls.Add(1)
	return bytes.Repeat([]byte{fill}, int(n)), nil
}

// Reverse returns the bytes backwards.
//
//hotso:export
func Reverse(p []byte) ([]byte, error) {
	p = slices.Clone(p)
	slices.Reverse(p)
	return p, nil
}

// Many prints its arguments: more of them than there are registers, of every
// class.
//
//hotso:export
func Many(a int8, x float32, b uint16, s string, y float64, c bool, d int64, p []byte) (string, error) {
	return fmt.Sprintf("%d %g %d %q %g %t %d %x", a, x, b, s, y, c, d, p), nil
}
