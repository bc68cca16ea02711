// Package regular opens regular files, and nothing else: to open a FIFO waits for a
// writer, and to open a device can do anything (rewind a tape, start a watchdog) and read
// for ever. Symbolic links are followed, to whatever they lead.
package regular

import (
	"io/fs"
	"os"
	"syscall"
)

// A KindError says that something is no regular file.
type KindError struct{ Mode fs.FileMode }

// Error is a phrase that goes on from "it is".
func (e *KindError) Error() string { return "a " + Kind(e.Mode) }

// Kind names what has that mode.
func Kind(m fs.FileMode) string {
	switch m.Type() {
	case 0:
		return "regular file"
	case fs.ModeDir:
		return "directory"
	case fs.ModeSymlink:
		return "symbolic link"
	case fs.ModeNamedPipe:
		return "named pipe"
	case fs.ModeSocket:
		return "socket"
	}
	return "device"
}

// Open opens a regular file for reading, and never blocks. The error is a *KindError,
// or what os.Stat and os.OpenFile say. The caller closes the file.
func Open(path string) (*os.File, fs.FileInfo, error) { return open(path, os.Stat, 0) }

// OpenNoFollow is Open, but a symbolic link is not followed.
func OpenNoFollow(path string) (*os.File, fs.FileInfo, error) {
	return open(path, os.Lstat, noFollow)
}

func open(path string, stat func(string) (fs.FileInfo, error), flags int) (*os.File, fs.FileInfo, error) {
	info, err := stat(path)
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, nil, &KindError{info.Mode()}
	}
	// What was a regular file a moment ago may be a FIFO now.
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK|flags, 0)
	if err != nil {
		return nil, nil, err
	}
	if info, err = f.Stat(); err == nil && !info.Mode().IsRegular() {
		err = &KindError{info.Mode()}
	}
	if err != nil {
		_ = f.Close()
		return nil, nil, err
	}
	return f, info, nil
}
