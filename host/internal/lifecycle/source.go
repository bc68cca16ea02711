package lifecycle

import (
	"bytes"
	"io"
	"io/fs"

	"github.com/hotso/hotso/host/internal/image"
	"github.com/hotso/hotso/host/internal/instance"
)

// A Source is where a version comes from.
type Source struct {
	File string // as events and errors name it
	// Read reads the file of a library into the memory that alloc returns for its size.
	Read func(alloc func(n int64) []byte) ([]byte, error)
	// Builtin is linked into the program: there is nothing to read.
	Builtin *instance.Builtin
}

// AtPath is the library at a path.
func AtPath(path string) Source {
	return Source{File: path, Read: func(alloc func(int64) []byte) ([]byte, error) { return image.Read(path, alloc) }}
}

// Bytes is a library that is in memory already, under a name. Nobody writes there meanwhile.
func Bytes(name string, b []byte) Source {
	return Source{File: name, Read: func(alloc func(int64) []byte) ([]byte, error) {
		return image.ReadFrom(name, bytes.NewReader(b), int64(len(b)), alloc)
	}}
}

// InFS is the library at a path of a file system.
func InFS(fsys fs.FS, path string) Source {
	return Source{File: path, Read: func(alloc func(int64) []byte) ([]byte, error) {
		f, err := fsys.Open(path)
		if err != nil {
			return nil, image.NotFound(path, err)
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return nil, image.NotFound(path, err)
		}
		if !info.Mode().IsRegular() {
			return nil, image.NotRegular(path, info.Mode())
		}
		if at, ok := f.(io.ReaderAt); ok {
			return image.ReadFrom(path, at, info.Size(), alloc)
		}
		b, err := io.ReadAll(io.LimitReader(f, image.MaxFile+1))
		if err != nil {
			return nil, image.NotFound(path, err)
		}
		return image.ReadFrom(path, bytes.NewReader(b), int64(len(b)), alloc)
	}}
}
