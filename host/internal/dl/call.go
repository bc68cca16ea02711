//go:build !windows && !hotso_static

package dl

import "github.com/ebitengine/purego"

// Call calls a C function that takes and returns integers.
func Call(fn uintptr, args ...uintptr) uintptr {
	r, _, _ := purego.SyscallN(fn, args...)
	return r
}

// Register sets the function that f points to to one that calls the C function. It
// panics if purego can't do that for its type.
func Register(f any, fn uintptr) { purego.RegisterFunc(f, fn) }
