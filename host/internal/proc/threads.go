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
	err = Tasks(0, func(id int, _ uint64) { ids = append(ids, id) })
	return ids, err
}

// CountTasks is how many threads the process has. The kernel adds them to the links of the directory
// (fs/proc/base.c, proc_task_getattr).
func CountTasks() (int, error) {
	if err := ReserveThreads(); err != nil {
		return 0, err
	}
	tasks.Lock()
	defer tasks.Unlock()
	var st unix.Stat_t
	if err := unix.Fstat(int(tasks.dir.Fd()), &st); err != nil {
		return 0, fmt.Errorf("proc: /proc/self/task: %w", err)
	}
	return int(st.Nlink) - len(dots), nil
}

// dots are the entries of the directory that are no threads.
var dots = [...]string{".", ".."}

// Inode is the inode number of a thread's directory in /proc, see Tasks; 0 if there is no such thread.
func Inode(id int) uint64 {
	var st unix.Stat_t
	if unix.Stat("/proc/self/task/"+strconv.Itoa(id), &st) != nil {
		return 0
	}
	return st.Ino
}

// Tasks calls f for each thread of the process but the first ones, with its id, and with the inode number of
// its directory in /proc. They come in the order in which they were started: a new thread is appended to the list
// that the directory is read from (kernel/fork.c, copy_process; fs/proc/base.c, proc_task_readdir). An id may come back with another thread; both may not: a thread's
// end takes its inode away, and the kernel counts on for the next (fs/inode.c,
// get_next_ino). It may lose the inode of a thread that lives, which then has another.
// f does not call Tasks.
func Tasks(first int, f func(id int, inode uint64)) error {
	if err := ReserveThreads(); err != nil {
		return err
	}
	tasks.Lock()
	defer tasks.Unlock()
	fd := int(tasks.dir.Fd())
	if first > 0 {
		first += len(dots)
	}
	if _, err := unix.Seek(fd, int64(first), io.SeekStart); err != nil {
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
