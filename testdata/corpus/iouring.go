//go:build iouring

package main

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A ring with a read of a pipe under way that will not end, and a thread of the kernel's that polls.
func init() {
	type sqe struct {
		opcode, flags  uint8
		ioprio         uint16
		fd             int32
		off, addr      uint64
		len, opFlags   uint32
		userData, _, _ uint64
		_              uint64
	}
	const (
		opRead      = 22
		setupSQPoll = 2
		offSQRing   = 0
		offSQEs     = 0x10000000
	)
	var params [30]uint32 // struct io_uring_params
	var ring uintptr
	busy(func() error {
		params[2] = setupSQPoll
		params[4] = 50 // ms until the thread of the kernel's sleeps
		var errno syscall.Errno
		if ring, _, errno = unix.Syscall(unix.SYS_IO_URING_SETUP, 8, uintptr(unsafe.Pointer(&params)), 0); errno != 0 {
			return errno
		}
		entries, sqArray, sqTail := params[0], params[10+6], params[10+1]
		rings, err := unix.Mmap(int(ring), offSQRing, int(sqArray+4*entries), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE)
		if err != nil {
			return err
		}
		sqes, err := unix.Mmap(int(ring), offSQEs, int(entries)*64, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE)
		if err != nil {
			return err
		}
		var pipe [2]int
		if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC); err != nil {
			return err
		}
		buf, err := unix.Mmap(-1, 0, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
		if err != nil {
			return err
		}
		*(*sqe)(unsafe.Pointer(&sqes[0])) = sqe{opcode: opRead, fd: int32(pipe[0]), addr: uint64(uintptr(unsafe.Pointer(&buf[0]))), len: 100}
		*(*uint32)(unsafe.Pointer(&rings[sqArray])) = 0
		*(*uint32)(unsafe.Pointer(&rings[sqTail])) = 1
		if _, _, errno := unix.Syscall6(unix.SYS_IO_URING_ENTER, ring, 1, 0, 2 /* IORING_ENTER_SQ_WAKEUP */, 0, 0); errno != 0 {
			return errno
		}
		return nil
	}, func() error {
		if _, _, errno := unix.Syscall6(unix.SYS_IO_URING_ENTER, ring, 0, 0, 0, 0, 0); errno != 0 {
			return errno
		}
		return nil
	})
}
