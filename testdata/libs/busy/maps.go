package main

// #include <stdint.h>
// #include "cabi.h"
import "C"

import (
	"errors"
	"os"
	"syscall"
	"unsafe"

	"github.com/hotso/hotso/cabi"
)

// Map does what a database does with its file, and memory of all kinds: it locks the file and maps
// it, and maps memory that it locks, grows and frees parts of. It leaves all that, and returns how
// many bytes are mapped.
//
//export Map
func Map(path *C.hotso_cchar, n C.size_t, bytes *int64) C.hotso_status {
	return C.hotso_status(cabi.Value(bytes, func() (int64, error) {
		const page = 4096
		name := string(unsafe.Slice((*byte)(unsafe.Pointer(path)), n))
		fd, err := syscall.Open(name, syscall.O_RDWR|syscall.O_CLOEXEC, 0)
		if err == nil {
			err = syscall.Flock(fd, syscall.LOCK_EX|syscall.LOCK_NB)
		}
		if err != nil {
			return 0, err
		}
		file, err := syscall.Mmap(fd, 0, 16*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
		anonymous, err2 := syscall.Mmap(-1, 0, 64*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
		if err := errors.Join(err, err2); err != nil {
			return 0, err
		}
		file[0] = 1
		err = syscall.Mlock(anonymous[:4*page])
		at := uintptr(unsafe.Pointer(&anonymous[0]))
		_, _, hole := syscall.Syscall(syscall.SYS_MUNMAP, at+8*page, 8*page, 0)
		grown, _, growing := syscall.Syscall6(syscall.SYS_MREMAP, at+32*page, 32*page, 128*page, 1 /* MREMAP_MAYMOVE */, 0, 0)
		*(*byte)(unsafe.Add(unsafe.Pointer(nil), grown+127*page)) = 1 // it is there
		gone, err2 := syscall.Mmap(-1, 0, page, syscall.PROT_READ, syscall.MAP_ANON|syscall.MAP_PRIVATE)
		err3 := syscall.Munmap(gone)
		if hole != 0 || growing != 0 {
			err = errors.Join(err, hole, growing)
		}
		return (16 + 64 - 8 - 32 + 128) * page, errors.Join(err, err2, err3)
	}))
}

// Second returns the second result of a call that shrinks a mapping: what the kernel leaves in that
// register.
//
//export Second
func Second() int64 {
	defer cabi.Recover()
	m, err := syscall.Mmap(-1, 0, 2*4096, syscall.PROT_READ, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		panic(err)
	}
	_, second, _ := syscall.Syscall6(syscall.SYS_MREMAP, uintptr(unsafe.Pointer(&m[0])), 2*4096, 4096, 0, 0, 0)
	return int64(second)
}

// Unmapped makes calls that fail, and says so: 0 if they fail as they should.
//
//export Unmapped
func Unmapped() int64 {
	if _, err := syscall.Mmap(-1, 0, 0, syscall.PROT_READ, syscall.MAP_ANON|syscall.MAP_PRIVATE); err != syscall.EINVAL {
		return 1
	}
	if _, _, err := syscall.Syscall(syscall.SYS_MUNMAP, 1, 4096, 0); err != syscall.EINVAL {
		return 2
	}
	return 0
}

// Range opens a file n times, closes all but the first by close_range, and returns the number of that.
//
//export Range
func Range(n int64, first *int64) C.hotso_status {
	return C.hotso_status(cabi.Value(first, func() (int64, error) {
		const closeRange = 436
		null, err := os.Open(os.DevNull)
		if err != nil {
			return 0, err
		}
		defer null.Close()
		low := 0
		for i := range n {
			fd, _, errno := syscall.Syscall(syscall.SYS_FCNTL, null.Fd(), syscall.F_DUPFD_CLOEXEC, 1000)
			if errno != 0 {
				return 0, errno
			}
			if i == 0 {
				low = int(fd)
			}
		}
		if _, _, errno := syscall.Syscall(closeRange, uintptr(low+1), uintptr(low+int(n)-1), 0); errno != 0 {
			return 0, errno
		}
		return int64(low), nil
	}))
}

// Exit ends the runtime, without any hook.
//
//export Exit
func Exit() { os.Exit(1) }
