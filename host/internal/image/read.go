package image

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/hotso/hotso/host/internal/elfimage"
	"github.com/hotso/hotso/host/internal/regular"
	"github.com/hotso/hotso/host/life"
)

const (
	// MaxFile bounds what is read as a library, in bytes.
	MaxFile = 1 << 30
	// maxAppended bounds what may follow an image: a seal, and data that a library carries along,
	// such as an archive, for which it opens its own file.
	maxAppended = 256 << 20
)

// Read reads a library file once, into the memory that alloc returns for its size. It
// never blocks on a FIFO or device. If the first bytes decide that it is no library for
// this machine, only they are read and returned: it may have a gigabyte. Nor is a file read that
// is much larger than its headers say.
func Read(path string, alloc func(n int64) []byte) ([]byte, error) {
	b, _, err := read(path, alloc)
	return b, err
}

// read also returns the size of the file.
func read(path string, alloc func(n int64) []byte) (b []byte, size int64, err error) {
	f, info, err := regular.Open(path)
	if kind, ok := errors.AsType[*regular.KindError](err); ok {
		return nil, 0, NotRegular(path, kind.Mode)
	}
	if err != nil {
		return nil, 0, NotFound(path, err)
	}
	defer f.Close()
	b, err = ReadFrom(path, f, info.Size(), alloc)
	if err != nil {
		return nil, 0, err
	}
	return b, info.Size(), nil
}

// NotFound is the error of a file that can't be opened.
func NotFound(path string, err error) error {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		err = pe.Err // the path is in the message already
	}
	return notRead(path, err, "")
}

// NotRegular is that of what is no regular file.
func NotRegular(path string, mode fs.FileMode) error {
	return notRead(path, fmt.Errorf("it is %w", &regular.KindError{Mode: mode}), "give a regular file")
}

func notRead(path string, cause error, advice string) error {
	return &life.Error{File: path, Step: life.StepRead, Reason: life.ErrNotFound, Cause: cause, Advice: advice}
}

// ReadFrom is Read for a file that is open, and has size bytes.
func ReadFrom(path string, f io.ReaderAt, size int64, alloc func(n int64) []byte) (b []byte, err error) {
	if size > MaxFile {
		return nil, notRead(path, fmt.Errorf("%d bytes", size), "a library has at most 1 GiB")
	}
	readAll := func(b []byte, at int64) error {
		n, err := f.ReadAt(b, at)
		switch {
		case n == len(b):
			return nil
		case err == io.EOF:
			return io.ErrUnexpectedEOF
		}
		return err
	}
	b = make([]byte, min(size, elfimage.HeaderSize))
	if err = readAll(b, 0); err == nil && size > elfimage.HeaderSize && !hopeless(b) {
		if size > maxAppended {
			if err := checkExtent(f, size); err != nil {
				return nil, (&Image{Description: life.Description{File: path}}).refuse(life.ErrCorrupt, err, "copy or build it again")
			}
		}
		b = alloc(size)
		err = inHalves(b, readAll)
	}
	if err != nil {
		return nil, notRead(path, fmt.Errorf("%w after %d bytes were promised", err, size), "it is being written; try again")
	}
	return b, nil
}

// hopeless reports whether a file with this header is refused, whatever follows.
func hopeless(header []byte) bool {
	_, err := elfimage.Parse(header)
	return errors.Is(err, elfimage.ErrNotELF) || errors.Is(err, elfimage.ErrWrongMachine) || errors.Is(err, elfimage.ErrNotShared)
}

// checkExtent judges the size of a file by its headers. A failure to read them is for the one who
// reads it all.
func checkExtent(f io.ReaderAt, size int64) error {
	end, err := elfimage.Extent(f, size)
	switch {
	case errors.Is(err, elfimage.ErrCorrupt):
		return detail(err, elfimage.ErrCorrupt)
	case err == nil && size-end > maxAppended:
		return fmt.Errorf("its headers end at %d of %d bytes, and at most %d may follow", end, size, maxAppended)
	}
	return nil
}

// inHalves runs f for both halves of b at once, whole pages each: what the kernel
// does page by page takes half as long by two.
func inHalves(b []byte, f func(half []byte, at int64) error) error {
	mid := len(b) / 2 &^ (os.Getpagesize() - 1)
	second := make(chan error, 1)
	go func() { second <- f(b[mid:], int64(mid)) }()
	err := f(b[:mid], 0)
	return cmp.Or(err, <-second)
}
