//go:build amd64 || arm64

package stackcheck

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"unsafe"

	"github.com/hotso/hotso/host/internal/proc"
)

// runtimes are the shared objects that are most of a program, where that is not its executable: they start its threads,
// and a library has nothing to do with them.
var runtimes = []string{"libjvm.so", "libpython", "libnode.so", "libruby"}

// programThreads are those of the strangers that a program started which is not in Go, and has the host as a shared
// object: they began in its executable, or in a runtime. Such a thread comes to a library by calling the host, and
// the gate knows of it then. All else that looks like an address of the library is chance: what earlier calls have
// left, or what was at its place before, which for the stacks of JavaScript and Java is a lot.
func programThreads(strangers []snapshot) (map[int]bool, error) {
	if len(strangers) == 0 {
		return nil, nil
	}
	maps, err := proc.Maps("")
	if err != nil {
		return nil, err
	}
	program, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(maps, func(m proc.Mapping) bool { return m.Low == hostText.Low && m.Path == program }) {
		return nil, nil // a Go program, whose C code may have got anything from a library's
	}
	maps = slices.DeleteFunc(maps, func(m proc.Mapping) bool {
		return m.Path != program && !slices.ContainsFunc(runtimes, func(prefix string) bool {
			return strings.HasPrefix(filepath.Base(m.Path), prefix)
		})
	})
	threads := map[int]bool{}
	for _, s := range strangers {
		threads[s.id] = slices.ContainsFunc(maps, func(m proc.Mapping) bool { return m.Low <= s.began && s.began < m.High })
	}
	return threads, nil
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
