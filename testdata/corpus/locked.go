//go:build locked

package main

import (
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// Threads that goroutines have for themselves: waiting, in a system call, and ended with the goroutine.
func init() {
	lock := func(f func()) {
		go func() {
			runtime.LockOSThread()
			f()
		}()
	}
	busy(func() error {
		var pipe [2]int
		if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC); err != nil {
			return err
		}
		lock(func() { select {} })
		lock(func() { time.Sleep(time.Hour) })
		lock(func() { _, _ = unix.Read(pipe[0], make([]byte, 1)) })
		lock(func() { _ = unix.SchedSetaffinity(0, &unix.CPUSet{1}); _ = unix.Setpriority(unix.PRIO_PROCESS, 0, 5) })
		return nil
	}, func() error {
		done := make(chan bool)
		lock(func() { close(done) })
		<-done
		return nil
	})
}
