package instance

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/host/internal/proc"
	"github.com/hotso/hotso/host/internal/stackcheck"
)

// ring is what the kernel calls an io_uring, of descriptors and mappings alike.
const ring = "anon_inode:[io_uring]"

// closeRings gives back the io_urings that the library has open, before its memory: the kernel may be about to
// write there, by a thread of its own (IORING_SETUP_SQPOLL), which ends with the ring. It returns how many
// descriptors it has closed. No thread of the library's is left.
func (in *Instance) closeRings(ranges []stackcheck.Range) (closed int) {
	var rings []int
	for _, d := range in.openFiles() {
		number := int(d.number)
		if link, err := proc.Link(number); err != nil || link != ring {
			continue // most are not, and a link is soon read
		}
		f, err := proc.FileOf(number)
		if err == nil && f.Path == ring && d.file == (identity{f.Device, f.Inode}) {
			rings = append(rings, number)
		}
	}
	if len(rings) == 0 {
		return 0
	}
	mapped, _ := proc.Maps(ring)
	for _, m := range mapped {
		for _, r := range ranges {
			if r.Low <= m.Low && m.High <= r.High {
				// A mapping keeps its ring. Its place stays taken, as the shim will unmap it.
				_, _ = unix.MmapPtr(-1, 0, unsafe.Add(unsafe.Pointer(nil), m.Low), uintptr(m.Size()), unix.PROT_NONE,
					unix.MAP_FIXED|unix.MAP_ANONYMOUS|unix.MAP_PRIVATE)
			}
		}
	}
	return closeAll(rings)
}
