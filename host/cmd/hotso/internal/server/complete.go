package server

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/regular"
	"github.com/hotso/hotso/host/internal/version"
	"github.com/hotso/hotso/host/watch"
)

// complete judges a file for the watcher: the host's own verdict, seal and
// all, before a swap is tried. A file that may become a library when more of
// it has arrived is not invalid yet. One that is older than the version that serves is
// not loaded, whatever it holds, and not read: a directory may have thousands.
func (f *follower) complete(path string) error {
	if f.isOlder(path) {
		return nil
	}
	d, err := host.Inspect(path, f.server.optionsOf(f.name)...)
	switch {
	case err == nil:
		f.mu.Lock()
		f.manifests[path] = d.Manifest
		f.digests.set(path, d.Manifest.Image.SHA256)
		f.mu.Unlock()
		return nil
	case errors.Is(err, host.ErrNotFound), errors.Is(err, host.ErrUnsealed), errors.Is(err, host.ErrCorrupt):
		return err
	case errors.Is(err, host.ErrNotELF) && blank(path):
		return err
	}
	return fmt.Errorf("%w: %w", watch.ErrInvalid, err)
}

// isOlder reports whether the name of a file is that of an older version than the one
// that serves.
func (f *follower) isOlder(path string) bool {
	_, v, ok := version.ParseFileName(filepath.Base(path))
	current := f.current()
	if !ok || current == nil {
		return false
	}
	c, err := version.Parse(current.Text)
	return err == nil && version.Compare(v, c) < 0
}

// blank reports whether a file has no bytes yet, or only space reserved.
func blank(path string) bool {
	file, _, err := regular.Open(path)
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
