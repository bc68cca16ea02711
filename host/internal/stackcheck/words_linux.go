//go:build amd64 || arm64

package stackcheck

import (
	"errors"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// redZone is what a function may use below its stack pointer (psABI AMD64, 3.2.2).
	redZone = 128
	// maxStack bounds what is looked at of one thread, in bytes: a stack that is deeper
	// than this is in doubt.
	maxStack = 16 << 20
)

// peek copies memory of the process, whatever may be mapped there, and returns how many
// bytes of it can be read.
func peek(at uint64, to []byte) int {
	local := []unix.Iovec{{Base: &to[0], Len: uint64(len(to))}}
	remote := []unix.RemoteIovec{{Base: uintptr(at), Len: len(to)}}
	n, err := unix.ProcessVMReadv(unix.Getpid(), local, remote, 0)
	switch {
	case err == nil:
		return n
	case errors.Is(err, unix.EFAULT):
		return 0
	}
	return peekByPipe(at, to) // seccomp(2) or an emulator does not have it
}

// ends are those of a pipe; empty if there was none to be had.
var ends = sync.OnceValue(func() (fds [2]int) {
	if unix.Pipe2(fds[:], unix.O_CLOEXEC|unix.O_NONBLOCK) != nil {
		return [2]int{-1, -1}
	}
	return fds
})

// peekByPipe is peek by two system calls that every process may make: write(2) says where
// memory ends.
func peekByPipe(at uint64, to []byte) (n int) {
	read, write := ends()[0], ends()[1]
	for n < len(to) {
		written, _, errno := unix.Syscall(unix.SYS_WRITE, uintptr(write), uintptr(at)+uintptr(n), uintptr(min(len(to)-n, 4096)))
		if errno != 0 {
			return n
		}
		got, err := unix.Read(read, to[n:n+int(written)])
		if err != nil || got != int(written) {
			return n
		}
		n += got
	}
	return n
}

// stack appends the words of a stack from its pointer up: to the thread control block,
// which glibc keeps at its upper end, or else to the end of what can be read. deep says
// that it went on beyond maxStack.
func stack(words []uint64, pointer, control uint64) (_ []uint64, deep bool) {
	at := (pointer - redZone) &^ 7
	end := at + maxStack
	if at < control && control < end {
		end = control
	}
	const step = 4096 // as readable memory ends at a page
	for at < end {
		n := int(min(step-at%step, end-at) / 8)
		from := len(words)
		words = append(words, make([]uint64, n)...)
		read := peek(at, unsafe.Slice((*byte)(unsafe.Pointer(&words[from])), 8*n)) / 8
		if words = words[:from+read]; read < n {
			return words, false
		}
		at += uint64(8 * n)
	}
	return words, end != control
}
