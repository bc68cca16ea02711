//go:build unix

package needed

import (
	"debug/elf"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/host/internal/elfimage"
)

// parseMapped parses the n bytes of a file, which are never on the heap; use must not keep
// the Spec.
func parseMapped(f *os.File, n int64, machine elf.Machine, use func(*elfimage.Spec) error) error {
	if n == 0 { // which can't be mapped
		return fmt.Errorf("%w: it is empty", elfimage.ErrNotELF)
	}
	b, err := unix.Mmap(int(f.Fd()), 0, int(n), unix.PROT_READ, unix.MAP_PRIVATE)
	if err != nil {
		return err
	}
	defer unix.Munmap(b)
	spec, err := elfimage.ParseFor(b, machine)
	if err != nil {
		return err
	}
	return use(spec)
}
