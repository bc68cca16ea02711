package private

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/host/internal/elfimage"
)

// InMemory writes image, changed by the edits, to a memfd (memfd_create(2)). name is what
// /proc/self/maps shows.
func InMemory(name string, image []byte, edits []elfimage.Edit) (*Copy, error) {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return OnDisk("", name, image, edits)
	}
	c := &Copy{
		file: os.NewFile(uintptr(fd), name),
		path: fmt.Sprintf("/proc/self/fd/%d", fd),
	}
	if err := c.fill(image, edits); err != nil {
		return nil, err
	}
	// Whoever inherits or opens the descriptor can read the file, and nobody can
	// write to it. F_SEAL_WRITE would do the same here, as nothing is mapped yet, but
	// it waits for pages that the kernel still has in the list of another processor:
	// for up to a second, and then it fails with EBUSY (mm/memfd.c,
	// memfd_wait_for_pins).
	const seals = unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_FUTURE_WRITE
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals); err != nil {
		_ = c.Close()
		return nil, fmt.Errorf("private copy: seal: %w", err)
	}
	return c, nil
}
