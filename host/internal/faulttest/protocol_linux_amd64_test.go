package faulttest

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What linux/seccomp.h has and package unix has not.
type (
	notification struct {
		id           uint64
		thread       uint32
		flags        uint32
		number       int32
		architecture uint32
		pc           uint64
		args         [6]uint64
	}
	response struct {
		id    uint64
		value int64
		err   int32
		flags uint32
	}
)

const (
	receiveNotification = 0xc0502100 // SECCOMP_IOCTL_NOTIF_RECV
	sendResponse        = 0xc0182101 // SECCOMP_IOCTL_NOTIF_SEND
	goOn                = 1          // SECCOMP_USER_NOTIF_FLAG_CONTINUE
)

// The host talks to the test by a system call that no kernel has: its first argument says
// what is meant.
const (
	sysTalk = unix.SYS_AFS_SYSCALL

	sayText = iota // where the host's own code is, [a2, a3)
	sayArm         // the a2-th fault that is possible from here on happens, and so the a3 next
	sayDone        // no more; the answer is how many happened
)

// talk is for the host.
func talk(what, a2, a3 uintptr) int {
	n, _, err := unix.Syscall(sysTalk, what, a2, a3)
	if err != 0 {
		panic(fmt.Sprint("the test does not answer: ", err))
	}
	return int(n)
}

// handOver has all threads of the process hand the system calls of those numbers over. It
// returns the descriptor from which they are received.
func handOver(numbers []uint32) (int, error) {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return 0, err
	}
	filter := []unix.SockFilter{{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}} // the number
	for i, n := range numbers {
		filter = append(filter, unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: n, Jt: uint8(len(numbers) - i)})
	}
	filter = append(filter,
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_USER_NOTIF})
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	const flags = unix.SECCOMP_FILTER_FLAG_NEW_LISTENER | unix.SECCOMP_FILTER_FLAG_TSYNC | unix.SECCOMP_FILTER_FLAG_TSYNC_ESRCH
	fd, _, err := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, flags, uintptr(unsafe.Pointer(&program)))
	if err != 0 {
		return 0, err
	}
	return int(fd), nil
}

func ioctl(fd int, request uintptr, arg unsafe.Pointer) error {
	for {
		_, _, err := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(arg))
		if err != unix.EINTR {
			if err == 0 {
				return nil
			}
			return err
		}
	}
}
