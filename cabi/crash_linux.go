//go:build cgo && linux && (amd64 || arm64)

package cabi

// #include <stdint.h>
// extern int32_t hotso_crash_message(void);
import "C"

import (
	"os"
	"runtime/debug"
	"syscall"
)

// The runtime writes a copy of its last words to the host's descriptor. It
// does so with raw writes, without a goroutine (debug.SetCrashOutput, Go 1.23).
func init() {
	fd := int(C.hotso_crash_message())
	if fd < 0 {
		return
	}
	// The host's descriptor stays open, so the os.File gets a copy that it can close. Not by
	// dup(2): the host may start a program at any time, which must not inherit it.
	own, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_DUPFD_CLOEXEC, 0)
	if errno == 0 {
		f := os.NewFile(own, "crash")
		_ = debug.SetCrashOutput(f, debug.CrashOptions{})
		_ = f.Close()
	}
}
