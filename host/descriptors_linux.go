package host

import (
	"slices"
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
		if groupFile(link) {
			files[fd] = true
		}
	}
	return files, nil
}

func groupFile(link string) bool {
	return strings.HasPrefix(link, "/sys/fs/cgroup/") || strings.HasPrefix(link, "/memfd:"+crashMessageName)
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

// findFiles returns the descriptors that the library's Go code holds: those of
// its runtime and those that its poller watches. own are the files that its
// runtime opened at start, if it has them still.
//
// The poller is the epoll set that watches something whose data points into the
// library's image, which is the runtime's own eventfd (runtime/netpoll_epoll.go).
// All else that is in it are sockets, pipes and files that Go code left open.
// The host's runtime is in another image, so no set is taken for another's.
func findFiles(own []int, image extent) ([]int, error) {
	links, err := proc.Descriptors()
	if err != nil {
		return nil, err
	}
	var fds []int
	for _, fd := range own {
		if groupFile(links[fd]) {
			fds = append(fds, fd)
		}
	}
	for fd, link := range links {
		if link != "anon_inode:[eventpoll]" {
			continue
		}
		set, err := proc.EpollSet(fd)
		if err != nil || !slices.ContainsFunc(set, func(w proc.Watched) bool { return image.contains(w.Data) }) {
			continue // closed meanwhile, or somebody else's
		}
		fds = append(fds, fd)
		for _, w := range set {
			fds = append(fds, w.FD)
		}
	}
	return fds, nil
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

// threadGone reports whether the process has no thread of that id.
func threadGone(id int) bool { return unix.Tgkill(unix.Getpid(), id, 0) == unix.ESRCH }
