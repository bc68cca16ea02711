//go:build cgo

package cabi

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/hotso/hotso/cabi/abi/wire"
)

// ErrNotInherited: nobody has handed a descriptor of that name over, and the host has none.
var ErrNotInherited = errors.New("not inherited")

var (
	handOver  = Host2[string, int64, None](wire.HandOverFunction)
	withdraw  = Host1[string, None](wire.WithdrawFunction)
	inherit   = Host1[string, int64](wire.InheritFunction)
	noteTaken = Host1[int64, None](wire.TakenFunction)
)

// HandOver names what the next version may take by [Inherited]: a listener, a connection or a file, as
// *net.TCPListener, *net.UnixConn or *os.File, or whatever else is a [syscall.Conn].
//
//	l, err := net.Listen("tcp", ":8080")
//	...
//	err = cabi.HandOver("http", l)
//
// From here on the host has a duplicate of its own, and the next version gets a duplicate of that. c
// stays the caller's, to use and to close: when it is closed, the listener goes on to listen, and
// connections wait for the next version. If there is none, the host closes it when the version has
// left; before that, [Withdraw] has it closed. Another one under the same name replaces it. After
// a crash the version that is started in place of this one inherits it.
//
// The next version looks for it in its start hooks, or when it restores the state. So hand over what
// lives as long as this version, a listener, when this version starts, and what comes and goes, a
// connection, when it saves its state or, if it is [Exclusive], in a stop hook. What was handed over while the
// state was saved is withdrawn if this version goes on. Once another version serves, or the slot is being
// closed, it is an error: nobody will take it.
//
// A unix listener no longer removes its path when it is closed.
func HandOver(name string, c any) error {
	conn, ok := c.(syscall.Conn)
	if !ok {
		return fmt.Errorf("hand over %q: a %T has no descriptor (no SyscallConn)", name, c)
	}
	if l, ok := c.(interface{ SetUnlinkOnClose(bool) }); ok {
		l.SetUnlinkOnClose(false)
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		return fmt.Errorf("hand over %q: %w", name, err)
	}
	var failed error
	err = raw.Control(func(fd uintptr) { _, failed = handOver(name, int64(fd)) })
	if err = errors.Join(err, failed); err != nil {
		return fmt.Errorf("hand over %q: %w", name, err)
	}
	return nil
}

// Withdraw ends what HandOver began: the host closes its duplicate. If there is none, nothing happens.
func Withdraw(name string) error {
	_, err := withdraw(name)
	return err
}

// Inherited returns what the version before has handed over under that name, or else what the host
// provides (host.ProvideFile, as for systemd's socket activation), as a file that is the caller's. If there
// is none, the error is [ErrNotInherited]:
//
//	func listen() (net.Listener, error) {
//		f, err := cabi.Inherited("http")
//		if errors.Is(err, cabi.ErrNotInherited) {
//			return net.Listen("tcp", ":8080")
//		}
//		if err != nil {
//			return nil, err
//		}
//		defer f.Close()
//		return net.FileListener(f)
//	}
//
// For a connection there are net.FileConn and net.FilePacketConn. What the version before has handed over is
// there until this one serves; what the host provides, always. To pass it on to the next version,
// hand it over again.
func Inherited(name string) (*os.File, error) {
	lent, err := inherit(name)
	switch {
	case errors.Is(err, ErrNoHost), err == nil && lent < 0:
		return nil, fmt.Errorf("%q: %w", name, ErrNotInherited)
	case err != nil:
		return nil, fmt.Errorf("inherit %q: %w", name, err)
	}
	// The host closes what it has lent. This one is the library's, as anything that it opens.
	fd, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(lent), syscall.F_DUPFD_CLOEXEC, 0)
	_, err = noteTaken(lent)
	if errno != 0 {
		return nil, os.NewSyscallError("inherit "+name+": fcntl", errno)
	}
	f := os.NewFile(fd, name)
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}
