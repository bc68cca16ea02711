package instance

import (
	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/host/internal/dl"
)

// unmapRemains unmaps what a dlopen that failed has left: if the kernel maps one segment
// and has no memory for the next, glibc forgets the object and not its mappings (elf/dl-load.c,
// lose). They are known by their name, which no other load has.
func (in *Instance) unmapRemains() {
	if in.attachment == nil {
		return
	}
	if h := dl.Loaded(in.copy.Path()); h != 0 {
		_ = h.Close()
		return
	}
	left, _ := in.mapped()
	for _, m := range left {
		_, _, _ = unix.Syscall(unix.SYS_MUNMAP, uintptr(m.Low), uintptr(m.Size()), 0)
	}
}
