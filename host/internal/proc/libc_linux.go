package proc

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// CheckLibc says why libraries can't be loaded with the C library of this process, by an
// error that is errors.ErrUnsupported, or returns nil. symbol finds a symbol as dlsym(3)
// does for RTLD_DEFAULT. Nothing is loaded.
//
// musl calls the init functions of a shared object without arguments, from which a Go runtime
// takes its own (go.dev/issue/13492): it ends the process. In a statically linked program
// dlopen brings a second libc, which knows nothing of the program's threads (dlopen(3), and
// the linker warns).
func CheckLibc(symbol func(name string) (uintptr, error)) error {
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return nil // no /proc: then there is more that says so
	}
	return checkLibc(string(maps), symbol)
}

func checkLibc(maps string, symbol func(name string) (uintptr, error)) error {
	// gcompat makes glibc's symbols of musl, so what is mapped comes first.
	if strings.Contains(maps, "/ld-musl-") || strings.Contains(maps, "/libc.musl-") {
		return unsupported("musl", "run it with glibc, as in an image of Debian instead of Alpine")
	}
	if _, err := symbol("gnu_get_libc_version"); err == nil {
		return nil
	}
	if strings.Contains(maps, "/libc.so.6") || strings.Contains(maps, "/libc-2.") {
		return unsupported("a glibc that does not tell its version", "use glibc 2.17 or newer")
	}
	return unsupported("statically linked, or is not glibc", "build it with CGO_ENABLED=0, or without -static")
}

func unsupported(what, advice string) error {
	return fmt.Errorf("%w: the C library of this process is %s (%s)", errors.ErrUnsupported, what, advice)
}
