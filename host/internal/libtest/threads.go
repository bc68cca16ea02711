package libtest

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// stackBytes is how far up a stack return addresses are looked for.
const stackBytes = 64 << 10

// foreignThreads returns the threads that are not in host and do not stand in the
// host's own code. It adds to host the ones that do.
//
// A Go thread waits in a system call that its own runtime has made, in its own image; so
// the program counter tells whose thread it is.
func (s *snapshot) foreignThreads(before *snapshot, host map[string]bool) []string {
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return []string{err.Error()}
	}
	var texts []string
	for _, task := range tasks {
		dir := filepath.Join("/proc/self/task", task.Name())
		state, err := os.ReadFile(filepath.Join(dir, "syscall"))
		if err != nil || host[task.Name()] {
			continue // it has ended; or it is known
		}
		place, own := s.place(string(state), before.objects(), readMemory)
		if own {
			host[task.Name()] = true
			continue
		}
		name, _ := os.ReadFile(filepath.Join(dir, "comm"))
		texts = append(texts, fmt.Sprintf("thread %s (%s) %s", task.Name(), strings.TrimSpace(string(name)), place))
	}
	return texts
}

// place says where a thread stands, given the text of its file syscall
// (proc_pid_syscall(5)): "running", or numbers that end with the stack pointer
// and the program counter. own is true if it is in the executable.
//
// If the thread is in code that was there before but is not the executable (the C
// library, the vdso), its caller counts: the first address up the stack in other code.
func (s *snapshot) place(state string, before map[string]bool, read func(address uint64, b []byte) int) (place string, own bool) {
	fields := strings.Fields(state)
	if len(fields) < 3 {
		return "is always " + strings.TrimSpace(state), false
	}
	sp, err1 := parseHex(fields[len(fields)-2])
	pc, err2 := parseHex(fields[len(fields)-1])
	if err1 != nil || err2 != nil {
		return fmt.Sprintf("is in a state that cannot be read: %q", state), false
	}
	m, ok := s.find(pc)
	if !ok {
		return fmt.Sprintf("stands at %#x, where no code is", pc), false
	}
	if m.path == s.executable {
		return "", true
	}
	describe := func(m mapping, pc uint64) string {
		return fmt.Sprintf("stands in %s, %#x bytes behind %#x", m.object, pc-m.start, m.start)
	}
	if !before[m.object] {
		return describe(m, pc), false
	}
	stack := make([]byte, stackBytes)
	stack = stack[:read(sp, stack)]
	for ; len(stack) >= 8; stack = stack[8:] {
		address := binary.LittleEndian.Uint64(stack)
		caller, ok := s.find(address)
		switch {
		case !ok:
		case caller.path == s.executable:
			return "", true
		case !before[caller.object]:
			return "waits in " + m.path + " and " + describe(caller, address), false
		}
	}
	return describe(m, pc), false
}

// readMemory reads the process's own memory up to the first hole, and returns
// how many bytes it got.
func readMemory(address uint64, b []byte) int {
	f, err := os.Open("/proc/self/mem")
	if err != nil {
		return 0
	}
	defer f.Close()
	n, _ := f.ReadAt(b, int64(address))
	return n
}
