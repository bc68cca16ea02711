//go:build linux && (amd64 || arm64) && !hotso_fallback && !hotso_static

package callin

import _ "github.com/hotso/hotso/host/internal/dl" // for crosscall2, where cgo is not linked

// answer is what every call runs. The assembly takes its code from here: a
// reference to the function itself would be to its wrapper for assembly.
//
//lint:ignore U1000 assembly reads it
var answer func(*Call)

// Address has f answer every call, on the thread that called, and returns the
// address of the C function. It is called once in a process; f must not panic, and
// is a plain function: what a closure has captured would not be found.
func Address(f func(*Call)) uintptr {
	answer = f
	return entryAddress()
}

// entry is the C function.
//
//lint:ignore U1000 entryAddress is assembly
func entry()

func entryAddress() uintptr
