package image

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"github.com/hotso/hotso/host/life"
)

// maxFile bounds what is read as a library, in bytes.
const maxFile = 1 << 30

// OnHeap is memory for bytes that are kept.
func OnHeap(n int64) []byte { return make([]byte, n) }

// Read reads a library file once, into the memory that alloc returns for its
// size. It never blocks on a FIFO or device.
func Read(path string, alloc func(n int64) []byte) ([]byte, error) {
	failed := func(cause error, advice string) ([]byte, error) {
		return nil, &life.Error{File: path, Step: life.StepRead, Reason: life.ErrNotFound, Cause: cause, Advice: advice}
	}
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		var pe *os.PathError
		if errors.As(err, &pe) {
			err = pe.Err // the path is in the message already
		}
		return failed(err, "")
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return failed(err, "")
	case !info.Mode().IsRegular():
		return failed(fmt.Errorf("it is a %s", modeName(info.Mode())), "give a regular file")
	case info.Size() > maxFile:
		return failed(fmt.Errorf("%d bytes", info.Size()), "a library has at most 1 GiB")
	}
	b := alloc(info.Size())
	err = inHalves(b, func(half []byte, at int64) error {
		_, err := f.ReadAt(half, at)
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return err
	})
	if err != nil {
		return failed(fmt.Errorf("%w after %d bytes were promised", err, info.Size()), "it is being written; try again")
	}
	return b, nil
}

func modeName(m os.FileMode) string {
	switch {
	case m.IsDir():
		return "directory"
	case m&os.ModeNamedPipe != 0:
		return "named pipe"
	case m&os.ModeSocket != 0:
		return "socket"
	}
	return "device"
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
