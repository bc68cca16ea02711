package server

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// A lockFile lies beside a file that only one process may have. The lock ends with the
// process, however that ends (flock(2)).
type lockFile struct{ f *os.File }

// lockBeside takes the lock for path, or returns ErrInUse if another process has it.
func lockBeside(path string) (*lockFile, error) {
	for {
		f, err := os.OpenFile(path+".lock", os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0o600)
		if err != nil {
			return nil, err
		}
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			l := &lockFile{f}
			if l.inPlace() {
				return l, nil
			}
			_ = f.Close() // whoever had it has removed it meanwhile: a new one is locked by others
			continue
		}
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("%s: %w", path, ErrInUse)
		}
		return nil, &fs.PathError{Op: "lock", Path: f.Name(), Err: err}
	}
}

// inPlace reports whether the file is still the one that others would lock.
func (l *lockFile) inPlace() bool {
	here, err := l.f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Lstat(l.f.Name())
	return err == nil && os.SameFile(here, there)
}

// release removes the file and lets the lock go, in this order: who has opened it
// meanwhile finds out that it is not in place.
func (l *lockFile) release() {
	if l.inPlace() {
		_ = os.Remove(l.f.Name())
	}
	_ = l.f.Close()
}
