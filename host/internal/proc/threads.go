//go:build linux

package proc

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A Thread is one thread of the process.
type Thread struct {
	ID   int
	Name string // comm, at most 15 bytes
	PC   uint64 // its program counter in user space; 0 if it is running or the kernel doesn't tell
	Call string // the system call that it is in, empty if none

	SP   uint64    // its stack pointer, if there is a PC,
	Args [6]uint64 // and the arguments of Call
}

// ThreadByID reads what can be known of a thread now.
func ThreadByID(id int) Thread {
	dir := "/proc/self/task/" + strconv.Itoa(id)
	t := Thread{ID: id}
	if b, err := os.ReadFile(dir + "/comm"); err == nil {
		t.Name = strings.TrimSpace(string(b))
	}
	// "running", or the call's number in decimal, then six arguments, sp and pc in hexadecimal.
	b, err := os.ReadFile(dir + "/syscall")
	if err != nil {
		return t
	}
	if f := strings.Fields(string(b)); len(f) >= 3 {
		t.SP, _ = strconv.ParseUint(strings.TrimPrefix(f[len(f)-2], "0x"), 16, 64)
		t.PC, _ = strconv.ParseUint(strings.TrimPrefix(f[len(f)-1], "0x"), 16, 64)
		if n, err := strconv.Atoi(f[0]); err == nil && n >= 0 {
			t.Call = callName(n)
		}
		for i, arg := range f[1 : len(f)-2] {
			t.Args[i], _ = strconv.ParseUint(strings.TrimPrefix(arg, "0x"), 16, 64)
		}
	}
	return t
}

// Switches is how often a thread of the process has left a processor. One that runs and then
// waits has left it once more. 0 if it can't be known (proc_pid_status(5)).
func Switches(id int) (n uint64) {
	b, err := os.ReadFile("/proc/self/task/" + strconv.Itoa(id) + "/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		if name, value, _ := strings.Cut(line, ":"); strings.HasSuffix(name, "voluntary_ctxt_switches") { // and non-
			times, _ := strconv.ParseUint(strings.TrimSpace(value), 10, 64)
			n += times
		}
	}
	return n
}

// IsKernels reports whether a thread of the process runs the kernel's code only: it works for an
// io_uring, and never comes back to memory of the process.
func IsKernels(id int) bool {
	const ioWorker = 0x10 // PF_IO_WORKER, linux/sched.h; the ninth field, proc_pid_stat(5)
	b, err := os.ReadFile("/proc/self/task/" + strconv.Itoa(id) + "/stat")
	if err != nil {
		return false
	}
	f := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:])) // from the third on
	if len(f) < 7 {
		return false
	}
	flags, err := strconv.ParseUint(f[6], 10, 64)
	return err == nil && flags&ioWorker != 0
}

// tasks is the directory of the process's threads, opened while there was a descriptor
// for it; nil until then.
var tasks struct {
	sync.Mutex
	dir     *os.File
	entries [8192]byte
}

// ReserveThreads opens, for the life of the process, what Threads reads: it works from
// then on when no descriptor is free.
func ReserveThreads() error {
	tasks.Lock()
	defer tasks.Unlock()
	if tasks.dir != nil {
		return nil
	}
	// Not through os.Open, which would try to poll the directory.
	fd, err := unix.Open("/proc/self/task", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("proc: open /proc/self/task: %w", err)
	}
	tasks.dir = os.NewFile(uintptr(fd), "/proc/self/task")
	return nil
}

// Threads returns the ids of the process's threads.
func Threads() (ids []int, err error) {
	err = Tasks(func(id int, _ uint64) { ids = append(ids, id) })
	return ids, err
}

// Tasks calls f for each thread of the process with its id, and with the inode number of
// its directory in /proc. An id may come back with another thread; both may not: a thread's
// end takes its inode away, and the kernel counts on for the next (fs/inode.c,
// get_next_ino). It may lose the inode of a thread that lives, which then has another.
// f does not call Tasks.
func Tasks(f func(id int, inode uint64)) error {
	if err := ReserveThreads(); err != nil {
		return err
	}
	tasks.Lock()
	defer tasks.Unlock()
	fd := int(tasks.dir.Fd())
	if _, err := unix.Seek(fd, 0, io.SeekStart); err != nil {
		return fmt.Errorf("proc: /proc/self/task: %w", err)
	}
	for {
		n, err := unix.Getdents(fd, tasks.entries[:])
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return fmt.Errorf("proc: read /proc/self/task: %w", err)
		case n == 0:
			return nil
		}
		for entries := tasks.entries[:n]; len(entries) > 0; {
			d := (*unix.Dirent)(unsafe.Pointer(&entries[0]))
			name := entries[unsafe.Offsetof(d.Name):d.Reclen]
			if id := decimal(name); id > 0 {
				f(id, d.Ino)
			}
			entries = entries[d.Reclen:]
		}
	}
}

// decimal reads a number that ends with a zero byte; 0 if it is none.
func decimal(name []byte) (n int) {
	for _, c := range name {
		switch {
		case c == 0:
			return n
		case c < '0' || c > '9':
			return 0
		}
		n = 10*n + int(c-'0')
	}
	return 0
}
