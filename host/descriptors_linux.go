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
		group := groupFile(link) && !runtimeFiles.known[fd]
		if group || words != "" && strings.HasPrefix(link, words) {
			fds = append(fds, fd)
		}
	}
	return fds, err
}

func groupFile(link string) bool { return strings.HasPrefix(link, "/sys/fs/cgroup/") }

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
		if groupFile(links[fd]) || strings.HasPrefix(links[fd], "/memfd:"+crashMessageName) {
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

// threadGone reports whether the process has no thread of that id.
func threadGone(id int) bool { return unix.Tgkill(unix.Getpid(), id, 0) == unix.ESRCH }
