package host

import (
	"strings"

	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/host/internal/proc"
)

// groupFiles returns the descriptors under /sys/fs/cgroup and those for last
// words. Since Go 1.25 a runtime keeps two open for its GOMAXPROCS
// (runtime/cgroup_linux.go), and package cabi gives it one for its crash output.
func groupFiles() (map[int]bool, error) {
	links, err := proc.Descriptors()
	if err != nil {
		return nil, err
	}
	files := map[int]bool{}
	for fd, link := range links {
		if strings.HasPrefix(link, "/sys/fs/cgroup/") || strings.HasPrefix(link, "/memfd:"+crashMessageName) {
			files[fd] = true
		}
	}
	return files, nil
}

// newSince returns those that were not there before.
func newSince(before map[int]bool) ([]int, error) {
	after, err := groupFiles()
	var fds []int
	for fd := range after {
		if !before[fd] {
			fds = append(fds, fd)
		}
	}
	return fds, err
}

// pollerFiles finds the epoll set of a library's runtime: the one that watches
// something whose data points into the library's image, which is the runtime's
// own eventfd (runtime/netpoll_epoll.go). All it watches is the library's:
// sockets, pipes and files that it left open.
func pollerFiles(image []proc.Mapping) ([]int, error) {
	links, err := proc.Descriptors()
	if err != nil {
		return nil, err
	}
	for fd, link := range links {
		if link != "anon_inode:[eventpoll]" {
			continue
		}
		set, err := proc.EpollSet(fd)
		if err != nil {
			continue // closed meanwhile
		}
		fds, ours := []int{fd}, false
		for _, w := range set {
			fds = append(fds, w.FD)
			ours = ours || contains(image, w.Data)
		}
		if ours {
			return fds, nil
		}
	}
	return nil, nil
}

func contains(image []proc.Mapping, addr uint64) bool {
	for _, m := range image {
		if m.Low <= addr && addr < m.High {
			return true
		}
	}
	return false
}

// closeAll closes descriptors that a library left behind.
func closeAll(fds []int) (closed int) {
	for _, fd := range fds {
		if unix.Close(fd) == nil {
			closed++
		}
	}
	return closed
}
