package instance

import "golang.org/x/sys/unix"

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
