package proc

import (
	"bytes"
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"
)

// A File is what one descriptor of the process has open.
type File struct {
	Path               string
	Device, Inode      uint64
	Regular, Directory bool
	Write, Append      bool
	Exclusive          bool // locked so by flock(2) or fcntl(2), through this descriptor or, for a lock of the process, any
}

// FileOf asks the kernel for a descriptor.
func FileOf(fd int) (File, error) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return File{}, fmt.Errorf("proc: descriptor %d: %w", fd, err)
	}
	f := File{Device: st.Dev, Inode: st.Ino, Regular: st.Mode&unix.S_IFMT == unix.S_IFREG, Directory: st.Mode&unix.S_IFMT == unix.S_IFDIR}
	info, err := readAll(fmt.Sprintf("/proc/self/fdinfo/%d", fd))
	if err != nil {
		return File{}, err
	}
	for line := range bytes.Lines(info) {
		key, value, _ := bytes.Cut(line, []byte(":"))
		switch string(key) {
		case "flags":
			flags, err := strconv.ParseUint(string(bytes.TrimSpace(value)), 8, 64)
			if err != nil {
				return File{}, fmt.Errorf("proc: flags of descriptor %d: %w", fd, err)
			}
			f.Write = flags&unix.O_ACCMODE != unix.O_RDONLY
			f.Append = flags&unix.O_APPEND != 0
		case "lock": // as in /proc/locks (proc_locks(5))
			f.Exclusive = f.Exclusive || bytes.Contains(value, []byte(" WRITE "))
		}
	}
	if f.Path, err = Link(fd); err != nil {
		return File{}, err
	}
	return f, nil
}

// Link is what /proc shows of a descriptor: the path of a file, or what else it is, as "socket:[123]".
func Link(fd int) (string, error) {
	var link [4096]byte
	n, err := unix.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd), link[:])
	if err != nil {
		return "", fmt.Errorf("proc: descriptor %d: %w", fd, err)
	}
	return string(link[:n]), nil
}

// SameOpen reports whether two descriptors come from one open(2): one is a copy of the other. Where
// the kernel does not tell (CONFIG_KCMP), they are not.
func SameOpen(a, b int) bool {
	const file = 0 // KCMP_FILE
	pid := uintptr(unix.Getpid())
	r, _, errno := unix.Syscall6(unix.SYS_KCMP, pid, pid, file, uintptr(a), uintptr(b), 0)
	return errno == 0 && r == 0
}
