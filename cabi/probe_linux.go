//go:build cgo && linux && (amd64 || arm64)

package cabi

// #include <stdint.h>
// extern int32_t hotso_hosted(void);
// extern void hotso_set_probe(int32_t fd);
import "C"

import (
	"os"
	"syscall"
)

// probe is a pipe that this runtime's poller watches, and no other's: by it the
// host knows the poller, and by the poller what this library leaves open. The
// other end is closed; so nothing happens in it any more.
var probe *os.File

func init() {
	if C.hotso_hosted() == 0 {
		return
	}
	var fds [2]int
	if syscall.Pipe2(fds[:], syscall.O_CLOEXEC|syscall.O_NONBLOCK) != nil {
		return // the host refuses a library without
	}
	_ = syscall.Close(fds[1])
	probe = os.NewFile(uintptr(fds[0]), "hotso-probe") // non-blocking, so it is watched
	C.hotso_set_probe(C.int32_t(fds[0]))
}
