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
// barrier between two of its instructions. What a thread wrote before the barrier is
// seen by the caller of fence; what a thread reads after it sees the caller's writes.
func fence() {
	if asymmetric && !membarrier(privateExpedited) {
		// It was forbidden meanwhile, or the kernel had no memory for it. So stop
		// the world: nobody is pinned then.
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
	}
}

func membarrier(command uintptr) bool {
	_, _, errno := unix.RawSyscall(unix.SYS_MEMBARRIER, command, 0, 0)
	return errno == 0
}
