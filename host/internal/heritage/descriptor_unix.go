//go:build unix

package heritage

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"
)

// duplicate returns a duplicate that children do not inherit.
func duplicate(fd int) (int, error) { return unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0) }

func closeOne(fd int) error { return unix.Close(fd) }

// Duplicate returns a duplicate of what has a descriptor.
func Duplicate(c syscall.Conn) (fd int, err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return -1, err
	}
	var failed error
	err = raw.Control(func(own uintptr) { fd, failed = duplicate(int(own)) })
	if err = errors.Join(err, failed); err != nil {
		return -1, err
	}
	return fd, nil
}
