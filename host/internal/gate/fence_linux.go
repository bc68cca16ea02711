//go:build amd64 && !race

package gate

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// Commands of membarrier(2), from linux/membarrier.h.
const (
	privateExpedited         = 1 << 3
	registerPrivateExpedited = 1 << 4
)

// asymmetric: callers count with plain instructions, and fence makes up for it.
// It takes amd64, where no store is seen before an earlier load or store of the
// same thread, and a kernel that knows membarrier (4.14).
var asymmetric = membarrier(registerPrivateExpedited)

// fence returns after every running thread of the process has executed a memory
// barrier, and so between two instructions of it: what stands before the barrier
// is seen by the caller, what stands behind it sees what the caller has written.
func fence() {
	if asymmetric && !membarrier(privateExpedited) {
		// Forbidden since, or no memory for it. Nobody is pinned while the
		// world is stopped.
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
	}
}

func membarrier(command uintptr) bool {
	_, _, errno := unix.RawSyscall(unix.SYS_MEMBARRIER, command, 0, 0)
	return errno == 0
}
