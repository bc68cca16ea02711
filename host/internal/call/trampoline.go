//go:build (amd64 || arm64) && !hotso_fallback

package call

import "unsafe"

// Ejects says that Jump is heeded where there are libraries that can be unloaded.
const Ejects = true

// Declare says that fn takes that many floating point arguments, and of how many
// bytes its floating point result is, 0 for another. The trampoline need not know.
func Declare(fn uintptr, floats, result int) {}

// Run is Do for a caller that has set the arguments and knows how many of them go to
// the stack.
func (f *Frame) Run(stacked uintptr) {
	f.nstack = stacked
	cgocall(trampolineAddr, unsafe.Pointer(f))
}

// Stacked is how many of n integer arguments go to the stack.
func Stacked(n int) uintptr { return uintptr(max(0, n-intRegisters)) }

// cgocall has a push linkname in the runtime for callers like this one
// (runtime/cgocall.go). It switches to the system stack and calls fn(arg)
// with the C calling convention. It needs runtime/cgo or a stand-in for it:
// purego links one in.
//
//go:linkname cgocall runtime.cgocall
//go:noescape
func cgocall(fn, arg unsafe.Pointer) int32

// trampoline is C-callable: it takes the frame in the first argument register.
//
//lint:ignore U1000 trampolineAddress is assembly
func trampoline()

// trampolineAddress returns the address of trampoline itself; a Go func value
// would be that of its ABIInternal wrapper.
func trampolineAddress() unsafe.Pointer

var trampolineAddr = trampolineAddress()

// Trampoline is the address of the C function int32_t f(Frame *), which makes the call, for a caller outside of
// Go. It sets R0, F0 and Status of the frame.
func Trampoline() unsafe.Pointer { return trampolineAddr }

// Registers are where such a caller puts arguments, as Set has them, and finds results.
func (f *Frame) Registers() (words, integer, float, status unsafe.Pointer) {
	return unsafe.Pointer(&f.Words), unsafe.Pointer(&f.R0), unsafe.Pointer(&f.F0), unsafe.Pointer(&f.Status)
}

// Stack says how many integer arguments go to the stack, for such a caller.
func (f *Frame) Stack(n uintptr) { f.nstack = n }
