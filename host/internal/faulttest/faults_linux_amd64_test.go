package faulttest

import (
	"math/rand/v2"

	"golang.org/x/sys/unix"
)

// faults are how each system call may fail.
var faults = map[int32][]unix.Errno{
	unix.SYS_OPENAT:        {unix.EMFILE, unix.ENFILE, unix.EINTR, unix.ENOMEM},
	unix.SYS_MEMFD_CREATE:  {unix.EMFILE, unix.ENOMEM},
	unix.SYS_EPOLL_CREATE1: {unix.EMFILE},
	unix.SYS_EVENTFD2:      {unix.EMFILE},
	unix.SYS_PIPE2:         {unix.EMFILE},
	unix.SYS_FCNTL:         {unix.EMFILE},
	unix.SYS_FTRUNCATE:     {unix.ENOSPC, unix.EINTR},
	unix.SYS_WRITE:         {unix.ENOSPC, unix.EINTR},
	unix.SYS_PWRITE64:      {unix.ENOSPC, unix.EINTR},
	unix.SYS_READ:          {unix.EINTR, unix.EIO},
	unix.SYS_PREAD64:       {unix.EINTR, unix.EIO},
	unix.SYS_FSTAT:         {unix.ENOMEM},
	unix.SYS_NEWFSTATAT:    {unix.ENOMEM},
	unix.SYS_GETDENTS64:    {unix.ENOMEM},
	unix.SYS_MMAP:          {unix.ENOMEM},
	unix.SYS_MPROTECT:      {unix.ENOMEM},
	unix.SYS_CLONE:         {unix.EAGAIN},
	unix.SYS_CLONE3:        {unix.EAGAIN},
	unix.SYS_EPOLL_CTL:     {unix.ENOMEM},
}

func numbers() []uint32 {
	list := []uint32{sysTalk}
	for n := range faults {
		list = append(list, uint32(n))
	}
	return list
}

// possible reports whether the kernel would let the call fail in such a way, and the code
// that made it could do anything about it.
func (h *observed) possible(n *notification) bool {
	switch n.number {
	case unix.SYS_FCNTL: // only what takes a descriptor
		if c := n.args[1]; c != unix.F_DUPFD && c != unix.F_DUPFD_CLOEXEC {
			return false
		}
	case unix.SYS_WRITE, unix.SYS_PWRITE64, unix.SYS_READ, unix.SYS_PREAD64:
		// Files, not the pipes and events by which the process is told things.
		if !h.isFile(n.args[0]) {
			return false
		}
	}
	return h.ours(n)
}

func choose(r *rand.Rand, number int32) unix.Errno {
	f := faults[number]
	return f[r.IntN(len(f))]
}
