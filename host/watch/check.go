package watch

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"syscall"

	"github.com/hotso/hotso/host/internal/regular"
	"github.com/hotso/hotso/host/internal/version"
)

// check returns nil for a complete file. It opens nothing but regular files,
// because opening a FIFO blocks and opening a device can do anything.
func (t *tracker) check(f *file) error {
	switch mode := f.stamp.mode; {
	case !f.wellNamed:
		return fmt.Errorf("%w: %q: %w", ErrInvalid, f.version.Text, version.ErrBadVersion)
	case errors.Is(f.statErr, syscall.ELOOP):
		return fmt.Errorf("%w: %w", ErrInvalid, withoutPath(f.statErr))
	case f.statErr != nil:
		return withoutPath(f.statErr)
	case !mode.IsRegular():
		return notRegular(mode)
	}
	return withoutPath(t.complete(f.version.Path))
}

func notRegular(mode fs.FileMode) error {
	return fmt.Errorf("%w: a %s, want a regular file", ErrInvalid, regular.Kind(mode))
}

// withoutPath drops the path from an error to which the path will be added.
func withoutPath(err error) error {
	if e, ok := err.(*fs.PathError); ok {
		return fmt.Errorf("%s: %w", e.Op, e.Err)
	}
	return err
}

func wholeELF(path string) error {
	f, info, err := regular.Open(path)
	var kind *regular.KindError
	if errors.As(err, &kind) {
		return notRegular(kind.Mode)
	}
	if err != nil {
		return err
	}
	defer f.Close()
	return whole(f, info.Size())
}

// whole returns nil if an ELF file of this size holds everything that its
// headers name: the tables, and the bytes of all sections and segments. The
// section header table is the last thing that linkers write, so nearly every
// truncation cuts it.
func whole(r io.ReaderAt, size int64) (err error) {
	defer func() {
		if p := recover(); p != nil { // debug/elf on hostile input
			err = fmt.Errorf("%w: %v", ErrIncomplete, p)
		}
	}()
	magic := make([]byte, len(elf.ELFMAG))
	n, err := r.ReadAt(magic, 0)
	if err != nil && err != io.EOF {
		return err
	}
	// Zeros may be space that a copy has reserved and not yet filled.
	if !bytes.HasPrefix([]byte(elf.ELFMAG), magic[:n]) && !bytes.Equal(magic, make([]byte, len(magic))) {
		return fmt.Errorf("%w: not an ELF file", ErrInvalid)
	}
	image, err := elf.NewFile(r)
	if err != nil {
		return fmt.Errorf("%w of %d bytes: %w", ErrIncomplete, size, err)
	}
	if len(image.Progs) == 0 {
		return fmt.Errorf("%w of %d bytes: no program headers", ErrIncomplete, size)
	}
	for _, s := range image.Sections {
		if s.Type != elf.SHT_NOBITS && s.Type != elf.SHT_NULL && !within(s.Offset, s.FileSize, size) {
			return fmt.Errorf("%w of %d bytes: section %s ends at %d", ErrIncomplete, size, s.Name, s.Offset+s.FileSize)
		}
	}
	for _, p := range image.Progs {
		if !within(p.Off, p.Filesz, size) {
			return fmt.Errorf("%w of %d bytes: a %v segment ends at %d", ErrIncomplete, size, p.Type, p.Off+p.Filesz)
		}
	}
	return nil
}

func within(offset, length uint64, size int64) bool {
	return offset <= uint64(size) && length <= uint64(size)-offset
}
