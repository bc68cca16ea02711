package proc

import "golang.org/x/sys/unix"

// Free reports whether nothing is mapped in [low, high), which are whole pages. It maps
// the range itself, which the kernel allows only if all of it is free (Linux 4.17:
// MAP_FIXED_NOREPLACE), and unmaps it at once. That takes some microseconds, where
// reading /proc/self/maps takes a hundred. An older kernel maps another range, and Free
// returns false.
func Free(low, high uint64) bool {
	const flags = unix.MAP_PRIVATE | unix.MAP_ANONYMOUS | unix.MAP_NORESERVE | unix.MAP_FIXED_NOREPLACE
	none := ^uintptr(0)
	got, _, errno := unix.RawSyscall6(unix.SYS_MMAP, uintptr(low), uintptr(high-low), unix.PROT_NONE, flags, none, 0)
	if errno != 0 {
		return false
	}
	unix.RawSyscall(unix.SYS_MUNMAP, got, uintptr(high-low), 0)
	return uint64(got) == low
}
