package instance

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/host/internal/proc"
	"github.com/hotso/hotso/host/internal/rank"
)

// runtimeFiles keeps apart which load opened which descriptor that a runtime
// keeps for itself. The lock is held while descriptors are attributed and while
// they are closed, so a number that is used again is never taken for its
// former owner's.
var runtimeFiles = struct {
	rank.Mutex[rank.Descriptors]
	known map[int]bool // the host's own, and those of libraries
}{known: map[int]bool{}}

// noteHostFiles notes, before the first load of a library that can be unloaded,
// what is not a library's.
func noteHostFiles() error {
	f := &runtimeFiles
	f.Lock()
	defer f.Unlock()
	links, err := proc.Descriptors()
	for _, fd := range newRuntimeFiles(links, "") {
		f.known[fd] = true
	}
	return err
}

// claimRuntimeFiles tells l the descriptors that its runtime opened for itself,
// and makes them known as its. One load at a time calls it. It returns what each
// descriptor of the process links to.
func claimRuntimeFiles(in *Instance) (map[int]string, error) {
	f := &runtimeFiles
	f.Lock()
	defer f.Unlock()
	words := ""
	if in.crashMessage != nil {
		words = fmt.Sprintf("/memfd:%s ", in.crashMessage.Name())
	}
	links, err := proc.Descriptors()
	fds := newRuntimeFiles(links, words)
	if in.crashMessage != nil {
		own := int(in.crashMessage.Fd())
		fds = slices.DeleteFunc(fds, func(fd int) bool { return fd == own })
	}
	for _, fd := range fds {
		f.known[fd] = true
	}
	in.groupFiles = fds
	return links, err
}

// newRuntimeFiles picks descriptors under /sys/fs/cgroup that are not known, of
// which a runtime keeps two since Go 1.25 for its GOMAXPROCS
// (runtime/cgroup_linux.go), and those for last words of that name, of which
// package cabi gives it one as its crash output.
func newRuntimeFiles(links map[int]string, words string) (fds []int) {
	for fd, link := range links {
		group := strings.HasPrefix(link, "/sys/fs/cgroup/") && !runtimeFiles.known[fd]
		if group || words != "" && strings.HasPrefix(link, words) {
			fds = append(fds, fd)
		}
	}
	return fds
}

// A poller is the epoll set of a library's runtime (runtime/netpoll_epoll.go).
// All that it watches is the library's: sockets, pipes and files. The set is
// told from those of other runtimes by its probe, a pipe that package cabi gives
// its runtime to watch for as long as it lives.
type poller struct {
	fd    int // the epoll set
	probe int // in it
}

// findPoller finds the set that watches the probe among the descriptors.
func findPoller(links map[int]string, probe int) (poller, error) {
	for fd, link := range links {
		if p := (poller{fd, probe}); link == pollerLink {
			if set, err := p.watched(); err == nil && set != nil {
				return p, nil
			}
		}
	}
	return poller{}, fmt.Errorf("%w: no epoll set watches descriptor %d", errEscaped, probe)
}

const pollerLink = "anon_inode:[eventpoll]"

// watched returns the set with all that it watches. It is nil if the probe is
// not among that: by the number alone another set may watch some other file.
func (p poller) watched() ([]int, error) {
	var probe unix.Stat_t
	if err := unix.Fstat(p.probe, &probe); err != nil {
		return nil, err
	}
	set, err := proc.EpollSet(p.fd)
	if err != nil || !slices.ContainsFunc(set, func(w proc.Watched) bool { return w.FD == p.probe && w.Inode == probe.Ino }) {
		return nil, err
	}
	fds := []int{p.fd}
	for _, w := range set {
		fds = append(fds, w.FD)
	}
	return fds, nil
}

// findFiles returns the descriptors that the library's Go code holds: its
// poller with what it watches, and what its runtime opened at start.
func (in *Instance) findFiles() ([]int, error) {
	fds, err := in.poller.watched()
	return append(fds, in.groupFiles...), err
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
