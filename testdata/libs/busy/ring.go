package main

import "C"

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/cabi"
)

// Ring makes an io_uring for which the kernel has a thread of its own, maps it, and leaves it. It returns
// the error of io_uring_setup(2), which may not be allowed.
//
//export Ring
func Ring() int64 {
	defer cabi.Recover()
	const (
		polled  = 2 // IORING_SETUP_SQPOLL
		sqEntry = 64
		atSQEs  = 0x10000000
	)
	var params [30]uint32 // struct io_uring_params
	params[2], params[4] = polled, 1000
	fd, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, 8, uintptr(unsafe.Pointer(&params)), 0)
	if errno != 0 {
		return int64(errno)
	}
	for offset, size := range map[int64]int{0: 4096, atSQEs: 8 * sqEntry} {
		if _, err := unix.Mmap(int(fd), offset, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE); err != nil {
			panic(err)
		}
	}
	return 0
}
