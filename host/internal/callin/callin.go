// Package callin is how C calls into a Go program without cgo, through one
// permanent C function, without reflection and without allocating:
//
//	int32_t hotso_host_call(uint64_t function, const void *args, size_t args_len,
//	                        void *out, size_t out_cap, size_t *out_len);
//
// purego makes C functions of any Go function; they cost half a microsecond a
// call more, and there are 2,000 in the life of a process.
package callin

import "unsafe"

// A Call is one call of the C function. It lies on the stack of the C caller; what
// it points to is the caller's, too, valid until the call returns.
type Call struct {
	// The arguments, as they came in integer registers. Known to the assembly.
	Function uint64
	Args     unsafe.Pointer
	ArgsLen  uintptr
	Out      unsafe.Pointer
	OutCap   uintptr
	OutLen   *uintptr

	Status uintptr // what the C function returns
}
