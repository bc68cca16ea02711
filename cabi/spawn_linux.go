//go:build cgo && linux && (amd64 || arm64)

package cabi

// #include <stdint.h>
// void hotso_loud(uint64_t *before);
// void hotso_quiet(const uint64_t *before);
import "C"

import "runtime"

// hostMask gives this goroutine a thread, and that the mask of the thread that loaded the
// library. The result takes both back.
func hostMask() (restore func()) {
	runtime.LockOSThread()
	var before C.uint64_t
	C.hotso_loud(&before)
	return func() {
		C.hotso_quiet(&before)
		runtime.UnlockOSThread()
	}
}
