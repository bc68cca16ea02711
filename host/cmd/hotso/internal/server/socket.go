package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/hotso/hotso/host"
)

// SocketName is the file, in the directory that is served, through which the
// commands talk to the server.
const SocketName = ".hotso.sock"

// ErrInUse: another server has the socket.
var ErrInUse = errors.New("another server has it")

// A Socket is a unix socket that only this user can open (mode 0600, unix(7)), at a path
// that may not be there yet, be taken by another server, or be removed and made again.
// Whoever holds the lock on the file beside it has it. Its methods are safe for concurrent use.
type Socket struct {
	path string
	dir  string // that it is for, empty: all

	mu       sync.Mutex
	passed   bool              // another process has it
	lock     *lockFile         // nil: not held
	listener *net.UnixListener // nil: not made
	served   net.Listener      // the same, or what wraps it
	file     fs.FileInfo       // of the socket that was made
}

// NewSocket makes nothing yet.
func NewSocket(path string) *Socket { return &Socket{path: path} }

// SocketIn is the socket SocketName of a directory that is served: requests through it which
// name no library are about that of the directory. It makes nothing yet.
func SocketIn(dir string) *Socket {
	return &Socket{path: filepath.Join(dir, SocketName), dir: dir}
}

// Path is where it is.
func (s *Socket) Path() string { return s.path }

// Make makes the socket unless it is there: at first, after its directory was removed,
// and when the server that had it is gone. It returns the listener, which lasts until
// Close or until another call finds that the file is gone. ErrInUse and other errors may
// pass: try again.
func (s *Socket) Make() (net.Listener, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener != nil {
		if info, err := os.Lstat(s.path); s.passed || err == nil && os.SameFile(info, s.file) {
			return closer{s.served}, nil
		}
		s.close()
	}
	if info, err := os.Lstat(s.path); err == nil && info.Mode().Type() != fs.ModeSocket {
		return nil, fmt.Errorf("%s is there and is no socket", s.path)
	}
	lock, err := lockBeside(s.path)
	if err != nil {
		return nil, err
	}
	l, info, err := listen(s.path)
	if err != nil {
		lock.release()
		return nil, err
	}
	s.listener, s.served, s.file, s.lock = l, l, info, lock
	return closer{l}, nil
}

// A closer is a listener that may be closed twice: by its Socket, and by the server that
// shuts down.
type closer struct{ net.Listener }

func (c closer) Close() error {
	if err := c.Listener.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// Close removes the socket, unless another is there by now or another process has it, and lets the lock go.
func (s *Socket) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.close()
}

// close is Close. s.mu is held.
func (s *Socket) close() {
	if s.listener == nil {
		return
	}
	_ = s.listener.Close() // it may be closed
	if s.passed {
		_ = s.lock.f.Close() // the other's descriptor goes on holding the lock
		s.listener, s.lock = nil, nil
		return
	}
	if info, err := os.Lstat(s.path); err == nil && os.SameFile(info, s.file) {
		_ = os.Remove(s.path)
	}
	s.lock.release()
	s.listener, s.lock = nil, nil
}

// maxSocketPath is what fits in a sockaddr_un (unix(7)), in bytes.
const maxSocketPath = 107

// listen makes the socket in a private directory and renames it, so it never has wider
// permissions, and takes the place of one whose server was killed. The lock is held.
func listen(path string) (l *net.UnixListener, info fs.FileInfo, err error) {
	if c, err := net.Dial("unix", path); err == nil { // by a server whose lock file is gone
		_ = c.Close()
		return nil, nil, fmt.Errorf("%s: %w", path, ErrInUse)
	}
	private := path + ".new"
	temp := filepath.Join(private, "s")
	if len(temp) > maxSocketPath {
		return nil, nil, fmt.Errorf("%s: a path of %d bytes is too long for a unix socket: at most %d; choose another with --socket",
			path, len(path), maxSocketPath-(len(temp)-len(path)))
	}
	tidy := func() { // removes nothing but what is made here
		_ = os.Remove(temp)
		_ = os.Remove(private)
	}
	tidy() // after a server that was killed
	if err := os.Mkdir(private, 0o700); err != nil {
		return nil, nil, err
	}
	defer tidy()
	if l, err = net.ListenUnix("unix", &net.UnixAddr{Name: temp, Net: "unix"}); err != nil {
		return nil, nil, err
	}
	l.SetUnlinkOnClose(false)
	if err = os.Chmod(temp, 0o600); err == nil {
		info, err = os.Lstat(temp)
	}
	if err == nil {
		err = os.Rename(temp, path)
	}
	if err != nil {
		return nil, nil, errors.Join(err, l.Close())
	}
	return l, info, nil
}

// socketPoll is how often the server looks whether the socket is there.
const socketPoll = time.Second

// keepSocket makes the socket, has web serve it, and makes it again whenever it is gone,
// until ctx ends. What is in the way is told once; that there is no directory is not
// told, as the server waits for it.
func (s *Server) keepSocket(ctx context.Context, web *http.Server, socket *Socket) {
	var serving sync.WaitGroup
	defer serving.Wait()
	defer socket.Close()
	var served net.Listener
	told := ""
	for ctx.Err() == nil {
		l, err := socket.Make()
		switch {
		case err == nil && l != served:
			served = l
			serving.Go(func() { _ = web.Serve(s.conns.listenFor(socket.dir, l)) }) // it ends with the listener
			told = ""
		case err != nil && !errors.Is(err, fs.ErrNotExist) && err.Error() != told:
			told = err.Error()
			s.emit(host.Event{Name: s.chosenName(), State: Trouble, Detail: "hotso versions and its kin do not reach this server: " + told, Err: err})
		}
		select {
		case <-ctx.Done():
		case <-time.After(socketPoll):
		}
	}
}
