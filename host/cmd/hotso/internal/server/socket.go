package server

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
)

// SocketName is the file, in the directory that is served, through which the
// commands talk to the server.
const SocketName = ".hotso.sock"

// ErrInUse: another server listens on the socket.
var ErrInUse = errors.New("another server listens there")

// ListenUnix listens on a unix socket that only this user can open (mode 0600,
// unix(7)). It is made in a private directory and renamed, so it never has wider
// permissions, and takes the place of one whose server is gone. Closing the
// listener removes it.
func ListenUnix(path string) (net.Listener, error) {
	if info, err := os.Lstat(path); err == nil {
		if info.Mode().Type() != fs.ModeSocket {
			return nil, fmt.Errorf("%s is there and is no socket", path)
		}
		if c, err := net.Dial("unix", path); err == nil {
			_ = c.Close()
			return nil, fmt.Errorf("%s: %w", path, ErrInUse)
		}
	}
	private, err := os.MkdirTemp(filepath.Dir(path), ".hotso-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(private)
	temp := filepath.Join(private, "s")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: temp, Net: "unix"})
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false)
	if err = os.Chmod(temp, 0o600); err == nil {
		err = os.Rename(temp, path)
	}
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return &socket{UnixListener: l, path: path}, nil
}

type socket struct {
	*net.UnixListener
	path string
}

func (s *socket) Close() error {
	err := s.UnixListener.Close()
	if err == nil {
		_ = os.Remove(s.path)
	}
	return err
}
