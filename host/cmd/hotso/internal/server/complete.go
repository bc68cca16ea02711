package server

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/watch"
)

// complete judges a file for the watcher: the host's own verdict, seal and
// all, before a swap is tried. A file that may become a library when more of
// it has arrived is not invalid yet.
func (f *follower) complete(path string) error {
	d, err := host.Inspect(path, f.conf.Options...)
	switch {
	case err == nil:
		if err := namedRight(path, d); err != nil {
			return fmt.Errorf("%w: %w", watch.ErrInvalid, err)
		}
		f.mu.Lock()
		f.manifests[path] = d.Manifest
		f.mu.Unlock()
		return nil
	case errors.Is(err, host.ErrNotFound), errors.Is(err, host.ErrUnsealed), errors.Is(err, host.ErrCorrupt):
		return err
	case errors.Is(err, host.ErrNotELF) && blank(path):
		return err
	}
	return fmt.Errorf("%w: %w", watch.ErrInvalid, err)
}

// namedRight wants the version of the file's name to be the library's own: the
// name decides about the order, the library says what it is.
func namedRight(path string, d *host.Description) error {
	base := "lib" + d.Name + ".v" + d.Version + ".so"
	if filepath.Base(path) == base {
		return nil
	}
	return &host.Error{
		File: path, Name: d.Name, Version: d.Version, Step: host.StepVerify, Reason: host.ErrName,
		Cause: fmt.Errorf("it is %s v%s", d.Name, d.Version), Advice: "rename it to " + base,
	}
}

// blank reports whether a file has no bytes yet, or only space reserved.
func blank(path string) bool {
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	var magic [4]byte
	n, err := io.ReadFull(file, magic[:])
	return n == 0 && err == io.EOF || magic == [4]byte{}
}

// refusal is why a file was refused, as the host says it.
func refusal(err error) string {
	var e *host.Error
	if errors.As(err, &e) {
		err = e
	}
	return err.Error()
}
