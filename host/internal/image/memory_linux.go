package image

import "golang.org/x/sys/unix"

// newMemory returns n bytes of zeros that the collector does not know of. The pages
// are there: to get them costs several times of what is read into them, least when
// they are asked for at once, and half of that by two.
func newMemory(n int64) []byte {
	b, err := unix.Mmap(-1, 0, int(n), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return make([]byte, n) // too many mappings; freeMemory finds none in it
	}
	// Before Linux 5.14 they come with the first write.
	_ = inHalves(b, func(half []byte, _ int64) error { return unix.Madvise(half, unix.MADV_POPULATE_WRITE) })
	return b
}

// freeMemory takes what newMemory returned, or nothing.
func freeMemory(b []byte) { _ = unix.Munmap(b) }
