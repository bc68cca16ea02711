//go:build linux

package proc

import (
	"os"
	"strconv"
	"strings"
)

// A Thread is one thread of the process.
type Thread struct {
	ID   int
	Name string // comm, at most 15 bytes
	PC   uint64 // where it stands in user space; 0 if it is running or the kernel doesn't tell
	Call string // the system call that it is in, empty if in none
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
		t.PC, _ = strconv.ParseUint(strings.TrimPrefix(f[len(f)-1], "0x"), 16, 64)
		if n, err := strconv.Atoi(f[0]); err == nil && n >= 0 {
			t.Call = callName(n)
		}
	}
	return t
}

// Threads returns the ids of the process's threads.
func Threads() ([]int, error) {
	list, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return nil, err
	}
	ids := make([]int, 0, len(list))
	for _, e := range list {
		if id, err := strconv.Atoi(e.Name()); err == nil {
			ids = append(ids, id)
		}
	}
	return ids, nil
}
