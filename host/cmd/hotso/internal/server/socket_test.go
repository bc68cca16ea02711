package server_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
)

// through asks for a rollback through the socket at path. The status is 0 if there is
// nobody.
func through(t assert.TestingT, path string) int {
	web := http.Client{Transport: &http.Transport{DisableKeepAlives: true,
		DialContext: func(context.Context, string, string) (net.Conn, error) { return net.Dial("unix", path) }}}
	resp, err := web.Post("http://localhost/rollback", "", strings.NewReader(""))
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	_, err = io.ReadAll(resp.Body)
	assert.NoError(t, err)
	return resp.StatusCode
}

// trustedThere is the answer to who is trusted while there is no library.
const trustedThere = http.StatusServiceUnavailable

func isEmpty(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, entries)
}

func TestSocket(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, server.SocketName)
	socket := server.NewSocket(path)
	l, err := socket.Make()
	require.NoError(t, err)
	again, err := socket.Make()
	require.NoError(t, err)
	assert.Equal(t, l, again)
	info, err := os.Lstat(path)
	require.NoError(t, err)
	assert.Equal(t, os.ModeSocket|0o600, info.Mode())

	r := start(t, server.Config{Dirs: []string{dir}, Token: "secret", Sockets: []*server.Socket{socket}})
	assert.Equal(t, trustedThere, through(t, path))
	status, _, _ := r.do("POST", "/rollback", "")
	assert.Equal(t, http.StatusUnauthorized, status)
	require.NoError(t, r.stop())
	isEmpty(t, dir)
}

// Of many that start at once, one has the socket.
func TestOneHasTheSocket(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, server.SocketName)
	for range 20 {
		sockets := make([]*server.Socket, 8)
		errs := make([]error, len(sockets))
		var starts sync.WaitGroup
		for i := range sockets {
			sockets[i] = server.NewSocket(path)
			starts.Go(func() { _, errs[i] = sockets[i].Make() })
		}
		starts.Wait()
		has := -1
		for i, err := range errs {
			if err != nil {
				require.ErrorIs(t, err, server.ErrInUse)
				continue
			}
			require.Equal(t, -1, has, "two have it")
			has = i
		}
		require.NotEqual(t, -1, has, "nobody has it")
		sockets[has].Close()
		isEmpty(t, dir)
	}
}

// A server beside another says that it has no socket, and takes it over when the other
// is gone.
func TestSocketIsTakenOver(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, server.SocketName)
	first := start(t, server.Config{Dirs: []string{dir}, Sockets: []*server.Socket{server.NewSocket(path)}})
	require.Eventually(t, func() bool { return through(t, path) == trustedThere }, limit, poll)
	second := start(t, server.Config{Dirs: []string{dir}, Sockets: []*server.Socket{server.NewSocket(path)}})
	trouble := second.await(server.Trouble, "")
	assert.ErrorIs(t, trouble.Err, server.ErrInUse)
	assert.Contains(t, trouble.Detail, path+": another server has it")
	require.NoError(t, first.stop())
	require.Eventually(t, func() bool { return through(t, path) == trustedThere }, limit, poll)
	assert.Equal(t, 1, second.count(server.Trouble))
	require.NoError(t, second.stop())
	isEmpty(t, dir)
}

// The socket comes with its directory, and comes again with it.
func TestSocketOfADirectoryThatComesAgain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "later")
	path := filepath.Join(dir, server.SocketName)
	r := start(t, server.Config{Dirs: []string{dir}, Sockets: []*server.Socket{server.NewSocket(path)}})
	for range 2 {
		require.NoError(t, os.Mkdir(dir, 0o755))
		require.Eventually(t, func() bool { return through(t, path) == trustedThere }, limit, poll)
		require.NoError(t, os.RemoveAll(dir))
	}
	require.NoError(t, os.Mkdir(dir, 0o755))
	require.Eventually(t, func() bool { return through(t, path) == trustedThere }, limit, poll)
	require.NoError(t, os.Remove(path))
	require.Eventually(t, func() bool { return through(t, path) == trustedThere }, limit, poll)
	require.NoError(t, r.stop())
	isEmpty(t, dir)
}

// What a killed server has left is taken over and tidied up; another kind of file is not.
func TestStaleSocket(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "s")
	for _, left := range []string{path, filepath.Join(path+".new", "s")} {
		require.NoError(t, os.MkdirAll(filepath.Dir(left), 0o700))
		l, err := net.ListenUnix("unix", &net.UnixAddr{Name: left, Net: "unix"})
		require.NoError(t, err)
		l.SetUnlinkOnClose(false)
		require.NoError(t, l.Close())
	}
	require.NoError(t, os.WriteFile(path+".lock", nil, 0o600))
	again := server.NewSocket(path)
	_, err := again.Make()
	require.NoError(t, err)
	again.Close()
	isEmpty(t, dir)

	require.NoError(t, os.WriteFile(path, []byte("mine"), 0o600))
	_, err = again.Make()
	require.ErrorContains(t, err, "is no socket")
	require.NoError(t, os.Remove(path))
	long := server.NewSocket(filepath.Join(dir, strings.Repeat("x", 100)))
	_, err = long.Make()
	require.ErrorContains(t, err, "too long for a unix socket")
	isEmpty(t, dir)
}

// A server that knows no lock may have the socket.
func TestSocketOfAServerWithoutALock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	require.NoError(t, err)
	defer l.Close()
	_, err = server.NewSocket(path).Make()
	require.ErrorIs(t, err, server.ErrInUse)
}

// A socket goes to another process without being away: here that is another Socket, with descriptors of its own.
func TestSocketIsPassedOn(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "s")
	first, second := server.NewSocket(path), server.NewSocket(path)
	listener, lock, err := first.Files()
	require.NoError(t, err)
	assert.Nil(t, listener, "it is not made")
	assert.Nil(t, lock)
	_, err = first.Make()
	require.NoError(t, err)
	listener, lock, err = first.Files()
	require.NoError(t, err)
	_, err = second.Make()
	require.ErrorIs(t, err, server.ErrInUse)
	require.NoError(t, second.Adopt(listener, lock, nil))
	require.NoError(t, listener.Close())
	require.NoError(t, lock.Close())
	first.Passed()
	first.Close()
	l, err := second.Make()
	require.NoError(t, err)
	c, err := net.Dial("unix", path)
	require.NoError(t, err)
	require.NoError(t, c.Close())
	_, err = server.NewSocket(path).Make()
	require.ErrorIs(t, err, server.ErrInUse, "the lock has gone along")
	accepted, err := l.Accept()
	require.NoError(t, err)
	require.NoError(t, accepted.Close())

	listener, lock, err = second.Files()
	require.NoError(t, err)
	defer listener.Close()
	defer lock.Close()
	second.Close()
	isEmpty(t, dir)
	require.Error(t, server.NewSocket(path).Adopt(listener, lock, nil), "it is gone")
}
