package host

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
)

// maxFile bounds what is read as a library, in bytes.
const maxFile = 1 << 30

// A room is where the bytes of a file go until they are in the private copy.
type room struct{ b []byte }

// rooms has those that are not in use: the next version's bytes go where the last
// one's were, and a swap leaves the host's collector no megabytes to clear away.
// What is not used for a while the pool lets go.
var rooms = sync.Pool{New: func() any { return new(room) }}

// borrowRoom returns a room and how to give it back: when nobody reads the bytes
// any more.
func borrowRoom() (r *room, giveBack func()) {
	r = rooms.Get().(*room)
	return r, func() { rooms.Put(r) }
}

// of returns n bytes, whose content is anything.
func (r *room) of(n int64) []byte {
	if int64(cap(r.b)) < n {
		r.b = make([]byte, n)
	}
	return r.b[:n]
}

// readFile reads a library file once, into r. It never blocks on a FIFO or device.
func readFile(path string, r *room) ([]byte, error) {
	failed := func(cause error, advice string) ([]byte, error) {
		return nil, &Error{File: path, Step: StepRead, Reason: ErrNotFound, Cause: cause, Advice: advice}
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
	b := r.of(info.Size())
	if _, err := io.ReadFull(f, b); err != nil {
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
