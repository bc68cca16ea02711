package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// ownStdout keeps standard output for what was asked for: what a library prints there, as any Go
// or C code may, goes to standard error from now on. A process that has no standard error, or
// no room for a descriptor, stays as it is.
func (t *terminal) ownStdout() {
	if t.out != os.Stdout {
		return
	}
	out, err := unix.FcntlInt(os.Stdout.Fd(), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return
	}
	if err := unix.Dup2(int(os.Stderr.Fd()), int(os.Stdout.Fd())); err != nil {
		_ = unix.Close(out)
		return
	}
	t.out = os.NewFile(uintptr(out), "stdout")
}
