package private

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Share lets go the memory of a copy that another one has, too: name is what
// /proc/self/maps shows of it, key stands for the content of both. The first copy of a
// content only counts. For each that comes later the parts, which are mapped from it, are
// mapped from one file for all of these, and cut out of the copy. So versions of equal
// files have their code once. The patches differ by load in writable segments only; to be
// sure, what is in memory is compared, which also finds what the dynamic linker or the
// library itself has changed there.
//
// Code may run there meanwhile: the kernel replaces a mapping by another of the same size
// at once, as far as anybody sees who runs in it. Seal comes after it, as a sealed file
// can't be cut.
func (c *Copy) Share(name, key string, parts []Part) error {
	if c.temp || len(parts) == 0 {
		return nil
	}
	commons.Lock()
	defer commons.Unlock()
	m := commons.of[key]
	if m == nil {
		m = &common{key: key}
		commons.of[key] = m
	}
	m.uses++
	c.common = m
	if m.uses == 1 {
		return nil
	}
	if m.file == nil {
		var err error
		if m.file, err = c.gather(name, parts); err != nil {
			return fmt.Errorf("private copy: share: %w", err)
		}
	}
	if same, err := m.has(parts); err != nil || !same {
		return err
	}
	for _, p := range parts {
		prot := unix.PROT_READ
		if p.Executable {
			prot |= unix.PROT_EXEC
		}
		_, err := unix.MmapPtr(int(m.file.Fd()), p.Off, unsafe.Add(nil, p.Addr), p.Size, prot, unix.MAP_PRIVATE|unix.MAP_FIXED)
		if err != nil {
			return fmt.Errorf("private copy: share: mmap: %w", err)
		}
	}
	// Not before all are mapped: linkers such as lld have two segments share a page of the file, and whoever
	// runs in the second would find it empty.
	for _, p := range parts {
		c.parts = append(c.parts, p)
		const cut = unix.FALLOC_FL_PUNCH_HOLE | unix.FALLOC_FL_KEEP_SIZE
		if err := unix.Fallocate(int(c.file.Fd()), cut, p.Off, int64(p.Size)); err != nil {
			return fmt.Errorf("private copy: share: fallocate: %w", err)
		}
	}
	return nil
}

func (p Part) bytes() []byte { return unsafe.Slice((*byte)(unsafe.Add(nil, p.Addr)), p.Size) }

// gather copies the parts to a memfd.
func (c *Copy) gather(name string, parts []Part) (*os.File, error) {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), name)
	for _, p := range parts {
		if _, err = io.Copy(io.NewOffsetWriter(f, p.Off), io.NewSectionReader(c.file, p.Off, int64(p.Size))); err != nil {
			break
		}
	}
	if err == nil {
		err = seal(f)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// has reports whether the file has the same at the same offsets.
func (m *common) has(parts []Part) (bool, error) {
	buffer := make([]byte, 64<<10)
	for _, p := range parts {
		for at := 0; at < int(p.Size); at += len(buffer) {
			want := p.bytes()[at:min(at+len(buffer), int(p.Size))]
			got := buffer[:len(want)]
			if _, err := m.file.ReadAt(got, p.Off+int64(at)); err != nil {
				return false, fmt.Errorf("private copy: compare: %w", err)
			}
			if !bytes.Equal(got, want) {
				return false, nil
			}
		}
	}
	return true, nil
}
