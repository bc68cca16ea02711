//go:build descriptors

package main

import (
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// One of each kind, and locks of each kind.
func init() {
	var event int
	add := func(fd int, err error) int {
		if err != nil {
			panic(err)
		}
		return fd
	}
	busy(func() error {
		event = add(unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK))
		add(unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC))
		add(unix.InotifyAddWatch(add(unix.InotifyInit1(unix.IN_CLOEXEC)), os.TempDir(), unix.IN_CREATE))
		if err := unix.Ftruncate(add(unix.MemfdCreate("corpus", unix.MFD_CLOEXEC)), 1<<16); err != nil {
			return err
		}
		set := add(unix.EpollCreate1(unix.EPOLL_CLOEXEC))
		if err := unix.EpollCtl(set, unix.EPOLL_CTL_ADD, event, &unix.EpollEvent{Events: unix.EPOLLIN}); err != nil {
			return err
		}
		add(unix.Signalfd(-1, &unix.Sigset_t{}, unix.SFD_CLOEXEC))
		add(unix.PidfdOpen(os.Getpid(), 0))
		add(unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE))
		add(unix.FanotifyInit(unix.FAN_CLASS_NOTIF|unix.FAN_REPORT_FID|unix.FAN_CLOEXEC, unix.O_RDONLY))
		must(unix.FcntlInt(uintptr(event), unix.F_DUPFD_CLOEXEC, 100))
		var pipe [2]int
		if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC); err != nil {
			return err
		}
		pair := must(unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0))
		if err := unix.Sendmsg(pair[0], []byte("x"), unix.UnixRights(pipe[0], pipe[1], event), nil, 0); err != nil {
			return err
		}
		oob := make([]byte, 100)
		if _, _, _, _, err := unix.Recvmsg(pair[1], make([]byte, 1), oob, unix.MSG_CMSG_CLOEXEC); err != nil {
			return err
		}
		return free(func(dir string) error {
			file := filepath.Join(dir, "locked")
			fd := add(unix.Open(file, unix.O_RDWR|unix.O_CREAT|unix.O_CLOEXEC, 0o666))
			if err := unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB); err != nil {
				_ = unix.Close(fd)
				return err
			}
			f := must(os.Create(file + ".ofd"))
			lock := unix.Flock_t{Type: unix.F_WRLCK}
			if err := unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, &lock); err != nil {
				return err
			}
			return syscall.FcntlFlock(must(os.Create(file+".posix")).Fd(), unix.F_SETLK, &syscall.Flock_t{Type: unix.F_WRLCK})
		})
	}, func() error {
		_, err := unix.Write(event, []byte{1, 0, 0, 0, 0, 0, 0, 0})
		return err
	})
}
