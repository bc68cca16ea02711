package proc

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// MemoryFile makes a file in memory (memfd_create(2)), which the caller closes. Children do not inherit it.
func MemoryFile(name string, flags int) (*os.File, error) {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC|flags)
	if err == nil {
		return os.NewFile(uintptr(fd), name), nil
	}
	err = os.NewSyscallError("memfd_create", err)
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) || errors.Is(err, unix.ENOSYS) {
		return nil, fmt.Errorf("%w: files in memory are refused, and each version needs some: allow memfd_create(2) in the seccomp profile of the process", err)
	}
	return nil, err
}

// fewAddresses is less than a version and its threads reserve, in bytes.
const fewAddresses = 2 << 30

// ExplainLoad adds to why a load failed that the process has few addresses left, if it has: what a Go runtime or the C
// library says then does not name the limit.
func ExplainLoad(err error) error {
	var limit unix.Rlimit
	if err == nil || unix.Getrlimit(unix.RLIMIT_AS, &limit) != nil || limit.Cur == unix.RLIM_INFINITY {
		return err
	}
	usage, unknown := ReadUsage()
	if unknown != nil || limit.Cur > usage.Virtual && limit.Cur-usage.Virtual > fewAddresses {
		return err
	}
	return fmt.Errorf("%w; the process may have %d MiB of addresses (RLIMIT_AS), and each version reserves about a gigabyte, which it does not use: ulimit -v unlimited", err, limit.Cur>>20)
}
