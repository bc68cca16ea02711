package main

// #include <stdint.h>
// #include "cabi.h"
import "C"

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"time"
	"unsafe"

	"github.com/hotso/hotso/cabi"
)

// Connect starts n goroutines that dial and close, again and again, as a client with
// short connections does.
//
//export Connect
func Connect(n int64) C.hotso_status {
	return C.hotso_status(cabi.Run(func() error {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				go func() { io.Copy(io.Discard, c); c.Close() }()
			}
		}()
		for range n {
			go func() {
				for {
					c, err := net.Dial("tcp", l.Addr().String())
					if err != nil {
						time.Sleep(time.Millisecond)
						continue
					}
					c.(*net.TCPConn).SetLinger(0)
					c.Close()
					work.Add(1)
				}
			}()
		}
		return nil
	}))
}

// Hoard opens a descriptor of each kind and closes none. It returns how many there are.
//
//export Hoard
func Hoard(n *int64) C.hotso_status {
	return C.hotso_status(cabi.Value(n, func() (int64, error) {
		var count int64
		var failed error
		one := func(fd int, err error) int {
			failed = errors.Join(failed, err)
			count++
			return fd
		}
		raw := func(number uintptr, a1, a2, a3 uintptr) int {
			fd, _, errno := syscall.Syscall(number, a1, a2, a3)
			if errno != 0 {
				return one(0, errno)
			}
			return one(int(fd), nil)
		}
		pair := func(make func(*[2]int) error) (fds [2]int) {
			one(0, make(&fds))
			count++
			return fds
		}
		file, err := os.Open("/proc/self/comm")
		files = append(files, file)
		plain := one(int(file.Fd()), err)
		one(syscall.Dup(plain))
		raw(syscall.SYS_FCNTL, uintptr(plain), syscall.F_DUPFD_CLOEXEC, 0)
		target := one(syscall.Dup(plain))
		failed = errors.Join(failed, syscall.Dup3(plain, target, syscall.O_CLOEXEC))
		one(syscall.EpollCreate1(syscall.EPOLL_CLOEXEC))
		one(syscall.InotifyInit1(syscall.IN_CLOEXEC))
		raw(syscall.SYS_EVENTFD2, 0, syscall.O_CLOEXEC, 0)
		raw(syscall.SYS_TIMERFD_CREATE, 1, syscall.O_CLOEXEC, 0)
		name := [...]byte{'h', 0}
		raw(sysMemfdCreate, uintptr(unsafe.Pointer(&name)), 1, 0)
		var mask uint64
		raw(syscall.SYS_SIGNALFD4, ^uintptr(0), uintptr(unsafe.Pointer(&mask)), 8)
		pair(func(fds *[2]int) error { return syscall.Pipe2(fds[:], syscall.O_CLOEXEC) })
		sockets := pair(func(fds *[2]int) (err error) {
			*fds, err = syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
			return err
		})
		one(syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, 0))
		// Three in one message, behind one of another kind, in a buffer that is not aligned.
		rights := append(syscall.UnixCredentials(&syscall.Ucred{Pid: int32(os.Getpid()), Uid: uint32(os.Getuid()), Gid: uint32(os.Getgid())}),
			syscall.UnixRights(plain, target, sockets[0])...)
		failed = errors.Join(failed, syscall.SetsockoptInt(sockets[1], syscall.SOL_SOCKET, syscall.SO_PASSCRED, 1),
			syscall.Sendmsg(sockets[0], []byte("x"), rights, nil, 0))
		var data [1]byte
		control := make([]byte, 257)[1:]
		_, got, _, _, err := syscall.Recvmsg(sockets[1], data[:], control, 0)
		messages, err2 := syscall.ParseSocketControlMessage(control[:got])
		failed = errors.Join(failed, err, err2)
		for _, m := range messages {
			if m.Header.Type == syscall.SCM_RIGHTS {
				fds, err := syscall.ParseUnixRights(&m)
				failed = errors.Join(failed, err)
				count += int64(len(fds))
			}
		}
		return count, failed
	}))
}
