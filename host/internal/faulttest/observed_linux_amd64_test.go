package faulttest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// observed is the host, as another process sees it.
type observed struct {
	pid       int
	low, high uint64 // its own code,
	call      uint64 // and where in there package syscall makes the system calls
}

// isFile reports whether a descriptor of it is a file on disk, in memory, or in /proc.
func (h *observed) isFile(fd uint64) bool {
	link, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", h.pid, int32(fd)))
	return err == nil && strings.HasPrefix(link, "/") && !strings.HasPrefix(link, "/dev/")
}

// ours reports whether a system call is made by what the test is about: hotso's Go code,
// the dynamic linker, or a library. That of the host's runtime is not, nor one of libc when
// the runtime calls it, to start a thread. Whose a call of libc is, the next address of
// other code on its stack tells.
func (h *observed) ours(n *notification) bool {
	if n.pc >= h.low && n.pc < h.high {
		return n.pc == h.call
	}
	code, err := h.mappings()
	if err != nil {
		return false
	}
	if owner := code.owner(n.pc); owner != libc {
		return owner == linker || owner == library
	}
	for _, word := range h.stack(n.thread) {
		if word >= h.low && word < h.high {
			return false
		}
		if o := code.owner(word); o == linker || o == library {
			return true
		}
	}
	return false
}

type owner int

const (
	nobody owner = iota
	libc
	linker
	library
)

type code []struct {
	low, high uint64
	owner     owner
}

func (c code) owner(pc uint64) owner {
	for _, m := range c {
		if pc >= m.low && pc < m.high {
			return m.owner
		}
	}
	return nobody
}

// mappings are those of code that is not the host's own.
func (h *observed) mappings() (c code, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", h.pid))
	for line := range bytes.Lines(text) {
		f := strings.Fields(string(line))
		if len(f) < 6 || !strings.Contains(f[1], "x") {
			continue
		}
		o := nobody
		switch {
		case strings.Contains(f[5], "/libc.so"):
			o = libc
		case strings.Contains(f[5], "/ld-linux"):
			o = linker
		case strings.HasPrefix(f[5], "/memfd:hotso:"):
			o = library
		default:
			continue
		}
		var low, high uint64
		fmt.Sscanf(f[0], "%x-%x", &low, &high)
		c = append(c, struct {
			low, high uint64
			owner     owner
		}{low, high, o})
	}
	return c, err
}

// stack returns words from the stack of a thread that waits for an answer.
func (h *observed) stack(thread uint32) (words []uint64) {
	// Number, six arguments, stack pointer, program counter; see proc(5).
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/syscall", h.pid, thread))
	f := strings.Fields(string(text))
	if err != nil || len(f) < 9 {
		return nil
	}
	var sp uint64
	fmt.Sscanf(f[7], "0x%x", &sp)
	b := make([]byte, 4096)
	size := min(len(b), int(4096-sp%4096)) // its page is mapped, the next one need not be
	local := []unix.Iovec{{Base: &b[0], Len: uint64(size)}}
	remote := []unix.RemoteIovec{{Base: uintptr(sp), Len: size}}
	got, err := unix.ProcessVMReadv(h.pid, local, remote, 0)
	if err != nil {
		return nil
	}
	for i := 0; i+8 <= got; i += 8 {
		words = append(words, binary.LittleEndian.Uint64(b[i:]))
	}
	return words
}
