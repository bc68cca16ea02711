package main

import (
	"fmt"
	"os"
	"os/exec"
	"unsafe"

	"golang.org/x/sys/unix"
)

// deniable are the system calls that denied can refuse.
var deniable = map[string]uint32{"memfd_create": unix.SYS_MEMFD_CREATE, "tgkill": unix.SYS_TGKILL, "process_vm_readv": unix.SYS_PROCESS_VM_READV}

func init() { commands["denied"] = denied }

// denied runs a command to which the kernel refuses a system call, as in a container with a strict profile:
//
//	denied CALL COMMAND [ARG...]
func denied() {
	fail := func(err error) {
		fmt.Fprintln(os.Stderr, "denied:", err)
		os.Exit(125)
	}
	path, err := exec.LookPath(os.Args[2])
	if err != nil {
		fail(err)
	}
	// seccomp(2): struct seccomp_data begins with the number of the call.
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: deniable[os.Args[1]], Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		fail(err)
	}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&prog)))
	if errno != 0 {
		fail(errno)
	}
	fail(unix.Exec(path, os.Args[2:], os.Environ()))
}
