//go:build allthreads

package main

import (
	"errors"
	"syscall"
)

// Without cgo AllThreadsSyscall reaches each thread of the runtime; with cgo it refuses, and ids
// are set by libc, which reaches each thread of the process.
func init() {
	busy(func() error {
		if _, _, errno := syscall.AllThreadsSyscall(syscall.SYS_PRCTL, 0, 0, 0); errno != syscall.ENOTSUP {
			return errors.New("AllThreadsSyscall was not refused")
		}
		return nil
	}, func() error { return syscall.Setgid(syscall.Getgid()) })
}
