package faulttest

import (
	"fmt"
	"math/rand/v2"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A supervisor answers for the kernel.
type supervisor struct {
	listener int
	host     observed
	random   *rand.Rand

	wait, burst int // faults to skip, and then to have; burst 0: none
	happened    int // since the last sayArm
	total       int
	by          map[int32]int
	last        []string // what happened last, for whoever reads the failure
}

// run answers until the process has ended.
func (s *supervisor) run() error {
	for {
		n := new(notification)
		if ended, err := s.ended(); ended || err != nil {
			return err
		}
		switch err := ioctl(s.listener, receiveNotification, unsafe.Pointer(n)); err {
		case nil:
		case unix.ENOENT: // whoever asked was killed meanwhile
			continue
		default:
			return err
		}
		r := response{id: n.id}
		if n.number == sysTalk {
			r.value = s.answer(n)
		} else if err := s.decide(n); err != 0 {
			r.err = -int32(err)
		} else {
			r.flags = goOn
		}
		if err := ioctl(s.listener, sendResponse, unsafe.Pointer(&r)); err != nil && err != unix.ENOENT {
			return err
		}
	}
}

// ended waits for a notification, and reports whether there will be none.
func (s *supervisor) ended() (bool, error) {
	for {
		poll := []unix.PollFd{{Fd: int32(s.listener), Events: unix.POLLIN}}
		_, err := unix.Poll(poll, -1)
		if err == unix.EINTR {
			continue
		}
		return poll[0].Revents&(unix.POLLHUP|unix.POLLERR) != 0 && poll[0].Revents&unix.POLLIN == 0, err
	}
}

func (s *supervisor) answer(n *notification) (value int64) {
	switch n.args[0] {
	case sayText:
		s.host.low, s.host.high, s.host.call = n.args[1], n.args[2], n.pc
	case sayArm:
		s.wait, s.burst, s.happened = int(n.args[1]), int(n.args[2]), 0
	case sayDone:
		s.burst = 0
		value = int64(s.happened)
	}
	return value
}

// decide returns 0 if the call may go on.
func (s *supervisor) decide(n *notification) unix.Errno {
	if s.burst == 0 {
		return 0
	}
	if s.wait > 0 { // counted before it is looked at, which takes longer
		s.wait--
		return 0
	}
	if !s.host.possible(n) {
		return 0
	}
	s.burst--
	s.happened++
	s.total++
	s.by[n.number]++
	err := choose(s.random, n.number)
	s.last = append(s.last, fmt.Sprintf("%s thread %d: call %d at %#x: %v", time.Now().Format("05.000"), n.thread, n.number, n.pc, err))
	if len(s.last) > 20 {
		s.last = s.last[1:]
	}
	return err
}
