package private

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/host/internal/elfimage"
	"github.com/hotso/hotso/host/internal/proc"
)

// InMemory writes image, changed by the edits, to a memfd (memfd_create(2)). name is what
// /proc/self/maps shows. Call Seal when it is mapped, and shared or not.
func InMemory(name string, image []byte, edits []elfimage.Edit) (*Copy, error) {
	return inMemory(name, write(image, edits))
}

// Fill is InMemory for what f writes; its error ends it.
func Fill(name string, f func(*os.File) error) (*Copy, error) { return inMemory(name, f) }

// Filled is Fill, and sealed.
func Filled(name string, f func(*os.File) error) (*Copy, error) {
	c, err := inMemory(name, f)
	if err == nil {
		if err = c.Seal(); err != nil {
			return nil, errors.Join(err, c.Close())
		}
	}
	return c, err
}

func inMemory(name string, f func(*os.File) error) (*Copy, error) {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return onDisk("", name, f)
	}
	return fill(&Copy{file: os.NewFile(uintptr(fd), name), path: descriptorPath(fd, serial.Add(1))}, f)
}

// Seal has nobody change a copy in memory any more: whoever inherits or opens the
// descriptor can read the file, and nobody can write to it.
func (c *Copy) Seal() error {
	if c.temp {
		return nil
	}
	if err := seal(c.file); err != nil {
		return fmt.Errorf("private copy: seal: %w", err)
	}
	return nil
}

// seal does not use F_SEAL_WRITE, which would do the same here, as no mapping is writable
// and shared, but waits for pages that the kernel still has in the list of another
// processor: for up to a second, and then it fails with EBUSY (mm/memfd.c,
// memfd_wait_for_pins).
func seal(f *os.File) error {
	const seals = unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_FUTURE_WRITE
	_, err := unix.FcntlInt(f.Fd(), unix.F_ADD_SEALS, seals)
	return err
}

// descriptorPath names the file that is open as fd, and for each serial number in another
// way: as the number of a descriptor is used again, it has to be in the name. Bit by bit,
// as this is all that a path may have without leading elsewhere: "." for 1, nothing for 0.
func descriptorPath(fd int, serial uint64) string {
	var b strings.Builder
	b.WriteString(proc.Self() + "/")
	for ; serial != 0; serial >>= 1 {
		if serial&1 != 0 {
			b.WriteByte('.')
		}
		b.WriteByte('/')
	}
	fmt.Fprintf(&b, "fd/%d", fd)
	return b.String()
}
