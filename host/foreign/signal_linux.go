package foreign

import (
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/host"
)

// A signal is a descriptor that is readable while it is set: an eventfd(2). Its methods are for one
// goroutine at a time, and do nothing for nil.
type signal struct {
	fd  int
	now bool
}

func newSignal() (*signal, error) {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("%w: eventfd: %w", host.ErrLoad, err)
	}
	return &signal{fd: fd}, nil
}

// set makes it readable, or not.
func (s *signal) set(readable bool) {
	if s == nil || s.now == readable {
		return
	}
	s.now = readable
	var one = [8]byte{1} // any number that is not 0 does, in any byte order
	if readable {
		_, _ = unix.Write(s.fd, one[:])
	} else {
		_, _ = unix.Read(s.fd, one[:])
	}
}

func (s *signal) close() {
	if s != nil {
		_ = unix.Close(s.fd)
	}
}
