// Package private keeps the bytes of a library where nobody else can change
// them: what was verified is what is mapped, and overwriting, truncating or
// deleting the file on disk never reaches a loaded version.
package private

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"

	"github.com/hotso/hotso/host/internal/elfimage"
)

// A Copy is an open private file. No other that the process ever makes has the same Path:
// the dynamic linker takes an object for loaded if it knows the name (glibc, elf/dl-load.c,
// _dl_map_object), and it knows that of an old one for as long as that one stays in the
// process. The owner closes the copy when the object has been unloaded.
type Copy struct {
	file  *os.File
	path  string
	temp  bool         // a file on disk that Close removes
	extra atomic.Int32 // owners beyond the first

	common *common // what it may have in common with others; nil before Share
	parts  []Part  // of the file that are there and not here
}

// serial numbers the copies of the process.
var serial atomic.Uint64

// Retain adds an owner, who calls Close as well. It reports whether the copy still had
// an owner.
func (c *Copy) Retain() bool {
	for {
		n := c.extra.Load()
		if n < 0 {
			return false
		}
		if c.extra.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// Bytes reads the copy into the memory that room returns for that size.
func (c *Copy) Bytes(room func(size int64) []byte) ([]byte, error) {
	info, err := c.file.Stat()
	if err != nil {
		return nil, err
	}
	b := room(info.Size())
	if _, err := c.file.ReadAt(b, 0); err != nil {
		return b, err
	}
	for _, p := range c.parts {
		if _, err := c.common.file.ReadAt(b[p.Off:p.Off+int64(p.Size)], p.Off); err != nil {
			return b, err
		}
	}
	return b, nil
}

// Path is what dlopen takes.
func (c *Copy) Path() string { return c.path }

// Close removes one owner; when the last owner calls it, the copy is freed. Mappings
// of the copy outlive it.
func (c *Copy) Close() error {
	if c.extra.Add(-1) >= 0 {
		return nil
	}
	err := errors.Join(c.file.Close(), c.common.leave())
	if c.temp {
		err = errors.Join(err, os.Remove(c.path))
	}
	return err
}

// OnDisk writes image, changed by the edits, to a temporary file in dir (os.TempDir if
// empty), for debuggers and profilers, which can't open a memfd by name.
func OnDisk(dir, name string, image []byte, edits []elfimage.Edit) (*Copy, error) {
	return onDisk(dir, name, write(image, edits))
}

func onDisk(dir, name string, f func(*os.File) error) (*Copy, error) {
	file, err := os.CreateTemp(dir, fmt.Sprintf("%s.%d.*.so", name, serial.Add(1)))
	if err != nil {
		return nil, err
	}
	return fill(&Copy{file: file, path: file.Name(), temp: true}, f)
}

// fill has f write the copy, and closes that if it fails.
func fill(c *Copy, f func(*os.File) error) (*Copy, error) {
	if err := f(c.file); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func write(image []byte, edits []elfimage.Edit) func(*os.File) error {
	return func(f *os.File) error {
		if _, err := f.Write(image); err != nil {
			return fmt.Errorf("private copy: %w", err)
		}
		return Edit(f, int64(len(image)), edits)
	}
}

// Edit changes a copy of that size while it is filled.
func Edit(f *os.File, size int64, edits []elfimage.Edit) error {
	for _, e := range edits {
		if e.Offset+int64(len(e.After)) > size {
			return fmt.Errorf("private copy: %w: edit of %d bytes at %#x", elfimage.ErrRange, len(e.After), e.Offset)
		}
		if _, err := f.WriteAt(e.After, e.Offset); err != nil {
			return fmt.Errorf("private copy: %w", err)
		}
	}
	return nil
}
