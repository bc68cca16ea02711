package main

// #include "cabi.h"
// int hoard(void);
import "C"

import (
	"errors"
	"syscall"
	"unsafe"

	"github.com/hotso/hotso/cabi"
)

// HoardC is Hoard in C.
//
//export HoardC
func HoardC() int64 { return int64(C.hoard()) }

// Passed receives two messages at once, with a descriptor each, and returns how many are open.
//
//export Passed
func Passed(n *int64) C.hotso_status {
	return C.hotso_status(cabi.Value(n, func() (int64, error) {
		pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
		if err != nil {
			return 0, err
		}
		for range 2 {
			err = errors.Join(err, syscall.Sendmsg(pair[0], []byte("x"), syscall.UnixRights(pair[0]), nil, 0))
		}
		var messages [3]struct {
			syscall.Msghdr
			n uint32
			_ [4]byte
		}
		var data [3]byte
		var vectors [3]syscall.Iovec
		var control [3][24]byte
		for i := range messages {
			vectors[i].Base, vectors[i].Len = &data[i], 1
			messages[i].Iov, messages[i].Iovlen = &vectors[i], 1
			messages[i].Control, messages[i].Controllen = &control[i][0], 24
		}
		got, _, errno := syscall.Syscall6(sysRecvmmsg, uintptr(pair[1]), uintptr(unsafe.Pointer(&messages)), 3, syscall.MSG_DONTWAIT, 0, 0)
		if errno != 0 || got != 2 {
			return 0, errors.Join(err, errno)
		}
		return 2 + 2, err
	}))
}
