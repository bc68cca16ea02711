//go:build amd64 || arm64

package stackcheck

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"unsafe"

	"github.com/hotso/hotso/host/internal/proc"
)

// cLibrary begins the names of objects whose threads run whose code they are told to: C11 threads and timers of a
// library begin there.
var cLibrary = []string{"libc.so", "libpthread.so", "librt.so", "libanl.so", "ld-linux"}

// programObjects are the objects that a program began with which is not in Go, and has the host as a shared object,
// but for the C library: its executable, its language's runtime, what these need. They are what was mapped before the
// first library; none in a Go program.
var programObjects = sync.OnceValue(func() []proc.Mapping {
	maps, err := proc.Maps("")
	if err != nil {
		return nil // no thread is known to be the program's
	}
	program, err := os.Readlink("/proc/self/exe")
	if err != nil || slices.ContainsFunc(maps, func(m proc.Mapping) bool { return m.Low == hostText.Low && m.Path == program }) {
		return nil // a Go program: threads that are not Go's are begun by C code there, which may be a library's
	}
	return slices.DeleteFunc(maps, func(m proc.Mapping) bool {
		name := filepath.Base(m.Path)
		return !strings.HasPrefix(m.Path, "/") || strings.HasPrefix(m.Path, "/memfd:") || !strings.Contains(m.Perms, "x") ||
			slices.ContainsFunc(cLibrary, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
	})
})

// InProgram reports whether there are such objects. It is to be asked before the first library is mapped.
func InProgram() bool { return Ready() == nil && len(programObjects()) > 0 }

// ofProgram reports whether the program has begun the thread, and not the library, or an object that it brings along. Such a
// thread comes to a library by calling the host, and the gate knows of it then. All else that looks like an address
// of the library is chance: what earlier calls have left, or what was at its place before, which on the stacks of JavaScript
// and Java is a lot.
func (s *snapshot) ofProgram(brings []string) bool {
	return slices.ContainsFunc(programObjects(), func(m proc.Mapping) bool {
		return m.Low <= s.began && s.began < m.High && !slices.Contains(brings, filepath.Base(m.Path))
	})
}

// controlAbove finds the thread control block above a stack pointer; 0 if it is not found. On amd64 its first and
// third word are its own address (tcbhead_t in glibc's sysdeps/x86_64/nptl/tls.h), and it is aligned to 64 bytes
// (TCB_ALIGNMENT); on arm64 nothing shows it.
func controlAbove(sp uint64) uint64 {
	if runtime.GOARCH != "amd64" {
		return 0
	}
	const align = 64
	var page [4096 / 8]uint64
	end := sp + maxStack
	for at := sp &^ (align - 1); at < end; {
		n := min(uint64(len(page)), (4096-at%4096)/8)
		read := peek(at, unsafe.Slice((*byte)(unsafe.Pointer(&page[0])), int(8*n))) / 8
		for i := 0; i+2 < read; i += align / 8 {
			if address := at + uint64(8*i); page[i] == address && page[i+2] == address {
				return address
			}
		}
		if uint64(read) < n {
			return 0
		}
		at += 8 * n
	}
	return 0
}
