package proc

import (
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"
)

// Descriptors returns what each open descriptor of the process links to, by
// number. The one used for reading is left out.
func Descriptors() (map[int]string, error) {
	// Not through package os, which would try to poll the directory.
	dir, err := unix.Open("/proc/self/fd", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("proc: open /proc/self/fd: %w", err)
	}
	defer unix.Close(dir)
	links := map[int]string{}
	var entries [8 << 10]byte
	var link [4096]byte
	for {
		n, err := unix.ReadDirent(dir, entries[:])
		if err != nil || n == 0 {
			return links, err
		}
		_, _, names := unix.ParseDirent(entries[:n], -1, nil)
		for _, name := range names {
			fd, err := strconv.Atoi(name)
			if err != nil || fd == dir {
				continue
			}
			if n, err := unix.Readlinkat(dir, name, link[:]); err == nil { // else it was closed meanwhile
				links[fd] = string(link[:n])
			}
		}
	}
}

// readAll is os.ReadFile without the poller, which costs as much as the rest.
func readAll(path string) ([]byte, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("proc: open %s: %w", path, err)
	}
	defer unix.Close(fd)
	b := make([]byte, 0, 4096)
	for {
		n, err := unix.Read(fd, b[len(b):cap(b)])
		if err != nil || n == 0 {
			return b, err
		}
		b = b[:len(b)+n]
		if len(b) == cap(b) {
			b = append(b, make([]byte, len(b))...)[:len(b)]
		}
	}
}
