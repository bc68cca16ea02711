package host

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/host/internal/proc"
)

// runtimeFiles keeps apart which load opened which descriptor that a runtime
// keeps for itself. The lock is held while descriptors are attributed and while
// they are closed, so a number that is used again is never taken for its
// former owner's.
var runtimeFiles struct {
	sync.Mutex
	known map[int]bool // the host's own, and those of libraries
}

// noteHostFiles notes, before the first load, what is not a library's.
func noteHostFiles() error {
	f := &runtimeFiles
	f.Lock()
	defer f.Unlock()
	fds, err := newRuntimeFiles("")
	f.known = map[int]bool{}
	for _, fd := range fds {
		f.known[fd] = true
	}
	return err
}

// claimRuntimeFiles returns the descriptors that the runtime of l opened for
// itself, and makes them known as its. One load at a time calls it.
func claimRuntimeFiles(l *Library) ([]int, error) {
	f := &runtimeFiles
	f.Lock()
	defer f.Unlock()
	words := ""
	if l.crashMessage != nil {
		words = fmt.Sprintf("/memfd:%s ", l.crashMessage.Name())
	}
	fds, err := newRuntimeFiles(words)
	if l.crashMessage != nil {
		own := int(l.crashMessage.Fd())
		fds = slices.DeleteFunc(fds, func(fd int) bool { return fd == own })
	}
	for _, fd := range fds {
		f.known[fd] = true
	}
	return fds, err
}

// newRuntimeFiles lists descriptors under /sys/fs/cgroup that are not known, of
// which a runtime keeps two since Go 1.25 for its GOMAXPROCS
// (runtime/cgroup_linux.go), and those for last words of that name, of which
// package cabi gives it one as its crash output.
func newRuntimeFiles(words string) ([]int, error) {
	links, err := proc.Descriptors()
	var fds []int
	for fd, link := range links {
		group := strings.HasPrefix(link, "/sys/fs/cgroup/") && !runtimeFiles.known[fd]
		if group || words != "" && strings.HasPrefix(link, words) {
			fds = append(fds, fd)
		}
	}
	return fds, err
}

// pollerFiles finds the epoll set of a library's runtime: the one that watches
// something whose data points into the library's image, which is the runtime's
// own eventfd (runtime/netpoll_epoll.go). All it watches is the library's:
// sockets, pipes and files that it left open. The image has size bytes in
// memory: that variable is in .bss, which is not among the file's mappings.
func pollerFiles(image []proc.Mapping, size uint64) ([]int, error) {
	if len(image) == 0 {
		return nil, nil
	}
	low := image[0].Low // of all: the kernel lists by address
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
			ours = ours || low <= w.Data && w.Data < low+size
		}
		if ours {
			return fds, nil
		}
	}
	return nil, nil
}

// closeAll closes descriptors that a library left behind.
func closeAll(fds []int) (closed int) {
	f := &runtimeFiles
	f.Lock()
	defer f.Unlock()
	for _, fd := range fds {
		delete(f.known, fd)
		if unix.Close(fd) == nil {
			closed++
		}
	}
	return closed
}
