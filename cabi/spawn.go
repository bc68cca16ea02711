//go:build cgo

package cabi

// Spawn runs start, which starts a child process and does not wait for it:
//
//	err := cabi.Spawn(cmd.Start)
//
// The threads of a library's runtime block the signals for which a host written in another language had a
// handler when it loaded the library, so that the handler runs on the host's own threads. A child inherits
// what its parent's thread blocks (signal(7)), and one that blocks SIGTERM or SIGCHLD is of little use. During start
// the calling goroutine keeps its thread, which has the mask with which the library was
// loaded. An export needs no Spawn for what it starts itself: it runs on a thread of the host's. Under a
// host in Go, and where threads are not masked, it only calls start.
//
// Spawn returns what start returns. Any goroutine may call it.
func Spawn(start func() error) error {
	defer hostMask()()
	return start()
}
