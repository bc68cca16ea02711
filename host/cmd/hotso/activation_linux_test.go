package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
	"github.com/hotso/hotso/host/internal/webtest"
)

// A socket is what systemd keeps for a service, and passes to it by a name.
type socket struct {
	name    string
	file    *os.File
	link    string // that its descriptors have in /proc
	address string
}

func listenOn(t *testing.T, network, address, name string) *socket {
	l, err := net.Listen(network, address)
	require.NoError(t, err)
	if l, ok := l.(*net.UnixListener); ok {
		l.SetUnlinkOnClose(false)
	}
	s := &socket{name: name, address: l.Addr().String()}
	s.file, err = l.(interface{ File() (*os.File, error) }).File()
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.file.Close() })
	require.NoError(t, l.Close())
	s.link, err = os.Readlink(fmt.Sprintf("/proc/self/fd/%d", s.file.Fd()))
	require.NoError(t, err)
	return s
}

// activate starts hotso serve with sockets, as systemd does: from descriptor 3 on, and with the id of the
// process, which is known once there is one, in a variable.
func activate(t *testing.T, sockets []*socket, args ...string) *child {
	const become = `LISTEN_PID=$$ exec hotso "$@"`
	cmd := exec.Command("/bin/sh", append([]string{"-c", become, "sh"}, serveArgs(args)...)...)
	var names []string
	for _, s := range sockets {
		names = append(names, s.name)
		cmd.ExtraFiles = append(cmd.ExtraFiles, s.file)
	}
	cmd.Env = append(os.Environ(), "LISTEN_FDS="+strconv.Itoa(len(sockets)), "LISTEN_FDNAMES="+strings.Join(names, ":"))
	return start(t, cmd)
}

// open counts the descriptors of a socket that the server has.
func (c *child) open(s *socket) (n int) {
	dir := fmt.Sprintf("/proc/%d/fd", c.cmd.Process.Pid)
	entries, err := os.ReadDir(dir)
	require.NoError(c.t, err)
	for _, e := range entries {
		if link, _ := os.Readlink(filepath.Join(dir, e.Name())); link == s.link {
			n++
		}
	}
	return n
}

// end has the server end.
func (c *child) end() {
	require.NoError(c.t, c.cmd.Process.Signal(syscall.SIGTERM))
	assert.Equal(c.t, 0, c.exit(), &c.stderr)
}

// The sockets that systemd passes go to the library by their names, and from version to version: nobody is
// refused or cut off by swaps.
func TestSocketActivation(t *testing.T) {
	const versions = 8
	for name, c := range map[string]struct {
		network, address string
		args             []string
	}{
		"exclusive":    {"tcp", "127.0.0.1:0", []string{"--exclusive"}},
		"side by side": {"tcp", "127.0.0.1:0", nil},
		"unix":         {"unix", filepath.Join(t.TempDir(), "http"), []string{"--exclusive"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			add := func(version int) {
				path := libtest.Build(t, "httpd", strconv.Itoa(version))
				require.NoError(t, os.Rename(path, filepath.Join(dir, filepath.Base(path))))
			}
			add(1)
			other, http := listenOn(t, "tcp", "127.0.0.1:0", "other"), listenOn(t, c.network, c.address, "http")
			server := activate(t, []*socket{other, http}, append(c.args, dir)...)
			come := webtest.Clients(t, http.address, false, "?sleep=1ms") // before there is a version
			assert.Equal(t, "1", server.await(host.Serving).Version)
			stay := func() (int64, int64) { return 4, 0 }
			if c.args != nil {
				stay = webtest.Clients(t, http.address, true, "")
			}
			for v := 2; v <= versions; v++ {
				add(v)
				assert.Equal(t, strconv.Itoa(v), server.await(host.Serving).Version)
			}
			connections, _ := stay()
			assert.EqualValues(t, 4, connections)
			_, requests := come()
			assert.Positive(t, requests)

			assert.Equal(t, 1, server.open(other), "nobody takes it")
			assert.Eventually(t, func() bool { return server.open(http) == 3 }, limit, time.Millisecond,
				"that of systemd, that of the version, and what it hands over")
			status, child := server.call("Child", "")
			assert.Equal(t, 200, status, child)
			assert.Contains(t, child, "PATH=")
			assert.NotContains(t, child, "LISTEN_")
			for _, s := range []*socket{other, http} {
				assert.NotContains(t, child, s.link, "descriptors of %s in a child", s.name)
			}

			server.end()
			require.NoError(t, http.file.Close())
			_, err := webtest.Dial(http.address)
			assert.ErrorIs(t, err, syscall.ECONNREFUSED, "nobody has it any more")
		})
	}
}

// Clients that come between two servers wait at the socket, and those of the first one are answered.
func TestASocketOutlivesItsServer(t *testing.T) {
	dir := filepath.Dir(libtest.Build(t, "httpd", "1"))
	http := listenOn(t, "tcp", "127.0.0.1:0", "http")
	come := webtest.Clients(t, http.address, false, "")
	for range 10 {
		server := activate(t, []*socket{http}, "--exclusive", dir)
		server.await(host.Serving)
		c, err := webtest.Dial(http.address)
		require.NoError(t, err)
		_, _, err = c.Post("", "once the others are busy")
		assert.NoError(t, err)
		assert.NoError(t, c.Close())
		server.end()
	}
	server := activate(t, []*socket{http}, "--exclusive", dir)
	_, requests := come()
	assert.Positive(t, requests)
	server.end()
}
