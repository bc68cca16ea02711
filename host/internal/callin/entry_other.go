//go:build !(linux && (amd64 || arm64)) || hotso_fallback || hotso_static

package callin

import (
	"unsafe"

	"github.com/hotso/hotso/host/internal/dl"
)

// Address has f answer every call, on the thread that called, and returns the
// address of the C function. It is called once in a process; f must not panic, and
// is a plain function: what a closure has captured would not be found.
func Address(f func(*Call)) uintptr {
	return dl.NewCallback(func(function uint64, args unsafe.Pointer, argsLen uintptr, out unsafe.Pointer, outCap uintptr, outLen *uintptr) uintptr {
		c := Call{function, args, argsLen, out, outCap, outLen, 0}
		f(&c)
		return c.Status
	})
}
