//go:build cgo && linux && (amd64 || arm64)

package cabi

// #include <stdint.h>
// extern int32_t hotso_have_locals(void);
// extern void hotso_end_locals(void);
import "C"

// On a thread of the library's: one that does not come back is ended, or is why the
// library stays.
func init() {
	haveLocals = func() bool { return C.hotso_have_locals() != 0 }
	endLocals = func() { C.hotso_end_locals() }
}
