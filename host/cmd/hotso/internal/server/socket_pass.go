package server

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// How a socket goes from one process to the next without being away: the descriptor of the listener has the
// connections that wait in it, and that of the lock file has the lock (flock(2)), whoever of both closes it first.

// Files returns descriptors of the listener and of the lock for another process, which the caller closes. Both are
// nil if the socket is not made.
func (s *Socket) Files() (listener, lock *os.File, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener == nil {
		return nil, nil, nil
	}
	if listener, err = s.listener.File(); err != nil {
		return nil, nil, err
	}
	if lock, err = duplicate(s.lock.f, s.lock.f.Name()); err != nil {
		return nil, nil, errors.Join(err, listener.Close())
	}
	return listener, lock, nil
}

// Passed says that another process has the socket now: it is not removed here, and not made again.
func (s *Socket) Passed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.passed = true
}

// Adopt takes what Files has returned in another process; both files remain the caller's. The socket is
// as if it were made here; gate, if it is not nil, wraps its listener. It fails if the path has another socket by
// now, which changes nothing: Make will see.
func (s *Socket) Adopt(listener, lock *os.File, gate func(net.Listener) net.Listener) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	held, err := duplicate(lock, s.path+".lock")
	if err != nil {
		return err
	}
	l, info, err := s.adopt(listener, &lockFile{held})
	if err != nil {
		return errors.Join(err, held.Close())
	}
	s.listener, s.file, s.lock = l, info, &lockFile{held}
	if s.served = l; gate != nil {
		s.served = gate(l)
	}
	return nil
}

func (s *Socket) adopt(listener *os.File, lock *lockFile) (*net.UnixListener, fs.FileInfo, error) {
	info, err := os.Lstat(s.path)
	if err != nil {
		return nil, nil, err
	}
	if info.Mode().Type() != fs.ModeSocket || !lock.inPlace() {
		return nil, nil, fmt.Errorf("%s: %w", s.path, ErrInUse)
	}
	l, err := net.FileListener(listener)
	if err != nil {
		return nil, nil, err
	}
	u, ok := l.(*net.UnixListener)
	if !ok {
		return nil, nil, errors.Join(fmt.Errorf("%s: a listener of %s is no unix socket", s.path, l.Addr()), l.Close())
	}
	u.SetUnlinkOnClose(false)
	return u, info, nil
}

// duplicate returns another descriptor of the same open file, which has its locks.
func duplicate(f *os.File, name string) (*os.File, error) {
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "duplicate", Path: name, Err: err}
	}
	return os.NewFile(uintptr(fd), name), nil
}
