package heritage

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// pipe returns the writing end of a pipe, and whether there are others of it.
func pipe(t *testing.T) (fd int, open func() bool) {
	r, w, err := os.Pipe()
	require.NoError(t, err)
	t.Cleanup(func() { _ = r.Close() })
	fd, err = unix.Dup(int(w.Fd()))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return fd, func() bool {
		fds := []unix.PollFd{{Fd: int32(r.Fd()), Events: unix.POLLIN}}
		_, err := unix.Poll(fds, 0)
		require.NoError(t, err)
		return fds[0].Revents&unix.POLLHUP == 0
	}
}

func put(t *testing.T, s *Set, name string) (open func() bool) {
	fd, open := pipe(t)
	require.NoError(t, s.Put(name, fd))
	require.NoError(t, unix.Close(fd))
	return open
}

func TestTheLastHolderCloses(t *testing.T) {
	s := New()
	a, b := put(t, s, "a"), put(t, s, "b")
	again := put(t, s, "b")
	assert.False(t, b(), "replaced")
	fd, err := s.Get("a")
	require.NoError(t, err)
	s.Hold().Release()
	assert.True(t, a())
	s.Remove("b")
	s.Remove("b")
	assert.False(t, again())
	s.Release()
	assert.True(t, a(), "who has got it has it")
	require.NoError(t, unix.Close(fd))
	assert.False(t, a())
	late := put(t, s, "a")
	assert.False(t, late())
	fd, err = s.Get("a")
	assert.NoError(t, err)
	assert.Equal(t, -1, fd)
	var none *Set
	fd, err = none.Hold().Get("a")
	assert.NoError(t, err)
	assert.Equal(t, -1, fd)
	none.Release()
	assert.Error(t, New().Put("a", -1))
}

func TestUndo(t *testing.T) {
	s := New()
	a := put(t, s, "a")
	s.Mark()
	newer, newest, b := put(t, s, "a"), put(t, s, "a"), put(t, s, "b")
	assert.True(t, a())
	s.Undo()
	assert.True(t, a())
	assert.False(t, newer())
	assert.False(t, newest())
	assert.False(t, b())
	s.Mark()
	c := put(t, s, "a")
	s.Release()
	assert.False(t, a())
	assert.False(t, c())
}

func TestLoans(t *testing.T) {
	var l Loans
	a, aOpen := pipe(t)
	b, bOpen := pipe(t)
	require.NoError(t, l.Lend(a))
	require.NoError(t, l.Lend(b))
	l.Return(a)
	l.Return(a)
	assert.False(t, aOpen())
	assert.True(t, bOpen())
	l.End()
	assert.False(t, bOpen())
	c, cOpen := pipe(t)
	assert.ErrorIs(t, l.Lend(c), ErrOver)
	assert.False(t, cOpen())
}
