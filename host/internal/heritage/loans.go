package heritage

import (
	"errors"
	"slices"

	"github.com/hotso/hotso/host/internal/rank"
)

// Loans are duplicates that a library was told the numbers of and has not taken yet: the host closes them,
// whether it takes them or ends before.
type Loans struct {
	mu   rank.Mutex[rank.Heritage]
	fds  []int
	over bool
}

// ErrOver: the version has ended.
var ErrOver = errors.New("the version has ended")

// Lend notes fd, or closes it.
func (l *Loans) Lend(fd int) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		_ = closeOne(fd)
		return ErrOver
	}
	l.fds = append(l.fds, fd)
	return nil
}

// Return closes fd, if it is lent.
func (l *Loans) Return(fd int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := slices.Index(l.fds, fd); i >= 0 {
		l.fds = slices.Delete(l.fds, i, i+1)
		_ = closeOne(fd)
	}
}

// End closes all of them; there will be no more.
func (l *Loans) End() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
	for _, fd := range l.fds {
		_ = closeOne(fd)
	}
	l.fds = nil
}
