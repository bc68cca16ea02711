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

// A Copy is an open private file. Its Path is unique while it is open; otherwise the
// dynamic linker could mistake a new load for an old one of the same name. The owner
// closes it when the object has been unloaded.
type Copy struct {
	file  *os.File
	path  string
	temp  bool         // a file on disk that Close removes
	extra atomic.Int32 // owners beyond the first
}

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
	_, err = c.file.ReadAt(b, 0)
	return b, err
}

// Path is what dlopen takes.
func (c *Copy) Path() string { return c.path }

// Close removes one owner; when the last owner calls it, the copy is freed. Mappings
// of the copy outlive it.
func (c *Copy) Close() error {
	if c.extra.Add(-1) >= 0 {
		return nil
	}
	err := c.file.Close()
	if c.temp {
		err = errors.Join(err, os.Remove(c.path))
	}
	return err
}

// OnDisk writes image, changed by the edits, to a temporary file in dir (os.TempDir if
// empty), for debuggers and profilers, which can't open a memfd by name.
func OnDisk(dir, name string, image []byte, edits []elfimage.Edit) (*Copy, error) {
	f, err := os.CreateTemp(dir, name+".*.so")
	if err != nil {
		return nil, err
	}
	c := &Copy{file: f, path: f.Name(), temp: true}
	return c, c.fill(image, edits)
}

// fill writes the copy, and closes it if that fails.
func (c *Copy) fill(image []byte, edits []elfimage.Edit) error {
	if err := c.write(image, edits); err != nil {
		return errors.Join(fmt.Errorf("private copy: %w", err), c.Close())
	}
	return nil
}

func (c *Copy) write(image []byte, edits []elfimage.Edit) error {
	if _, err := c.file.Write(image); err != nil {
		return err
	}
	for _, e := range edits {
		if e.Offset+int64(len(e.After)) > int64(len(image)) {
			return fmt.Errorf("%w: edit of %d bytes at %#x", elfimage.ErrRange, len(e.After), e.Offset)
		}
		if _, err := c.file.WriteAt(e.After, e.Offset); err != nil {
			return err
		}
	}
	return nil
}
