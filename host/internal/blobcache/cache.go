// Package blobcache keeps files that were downloaded, by their digests, in a directory that any number of
// processes share.
//
//	DIR/blobs/SHA256/NAME   a file, whole, never changed
//	DIR/parts/SHA256        what is there of a download
//
// A file appears in one rename, complete and on disk; who downloads it holds a lock that ends with the process, and the next
// one goes on where it was killed. A file is taken for what its name says only after its digest was computed again. What is
// linked from elsewhere is in use: it is not evicted, which would free nothing.
package blobcache

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/hotso/hotso/host/internal/leftover"
	"github.com/hotso/hotso/host/internal/regular"
)

// ErrTooLarge means that a file is larger than all files of the cache may be together.
var ErrTooLarge = errors.New("larger than the cache")

const (
	newPrefix = ".new-"
	lookAgain = 100 * time.Millisecond // while another process downloads

	// evictions is how many of them by other processes may hit a directory before there is a file in it.
	evictions = 100
)

// A Cache is a directory. It is safe for concurrent use, by processes as well.
type Cache struct {
	dir string
	max int64 // bytes

	passing bool
}

// Open makes the directory if it is not there. Files and parts take max bytes at most, without files that are linked from elsewhere.
func Open(dir string, max int64) (*Cache, error) {
	c := &Cache{dir: dir, max: max}
	if err := c.make(); err != nil {
		return nil, err
	}
	leftover.Sweep(c.blobs(), newPrefix)
	return c, nil
}

// Passing says that the cache goes when its user does, and need not survive a power failure: that saves the wait for the disk.
func (c *Cache) Passing() { c.passing = true }

// make makes the directories.
func (c *Cache) make() error {
	for _, d := range []string{c.blobs(), c.parts()} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return fmt.Errorf("make the cache: %w: choose another directory for it", err)
		}
	}
	return nil
}

func (c *Cache) blobs() string { return filepath.Join(c.dir, "blobs") }
func (c *Cache) parts() string { return filepath.Join(c.dir, "parts") }

// A Key names a file.
type Key struct {
	SHA256 string // of its content, hexadecimal
	Name   string // it is called by
	Size   int64  // of what is downloaded, in bytes
}

func (c *Cache) path(k Key) string { return filepath.Join(c.blobs(), k.SHA256, k.Name) }

// Get returns the path of a file, if it is there. One that is damaged is removed.
func (c *Cache) Get(k Key) (path string, ok bool) {
	path = c.path(k)
	f, _, err := regular.OpenNoFollow(path)
	if err != nil {
		return "", false
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil || hex.EncodeToString(h.Sum(nil)) != k.SHA256 {
		_ = os.Remove(path)
		return "", false
	}
	now := time.Now()
	_ = os.Chtimes(filepath.Dir(path), now, now) // it was used
	return path, true
}

// Fill returns the path of a file, which download gets if it is not there. It is given what a download before has
// left, and returns where in it the file is; it has checked the digest. One process downloads a file at a time, the others wait for it.
func (c *Cache) Fill(ctx context.Context, k Key, download func(part *os.File) (*io.SectionReader, error)) (string, error) {
	if path, ok := c.Get(k); ok {
		return path, nil
	}
	if k.Size > c.max {
		return "", fmt.Errorf("%s has %d bytes: %w %s, which has %d: make it larger", k.Name, k.Size, ErrTooLarge, c.dir, c.max)
	}
	part, err := c.hold(ctx, k)
	if part == nil {
		return c.path(k), err
	}
	defer part.Close()
	path, err := c.fill(k, part, download)
	if isFull(err) {
		c.evict(k.SHA256, 0)
		path, err = c.fill(k, part, download)
	}
	if isFull(err) {
		_ = os.Remove(part.Name()) // others need the space
		err = fmt.Errorf("%w: make room on the disk of %s", err, c.dir)
	}
	return path, err
}

// hold opens what is there of a download, for this process alone. It returns nil if the file is there meanwhile, or ctx has ended.
func (c *Cache) hold(ctx context.Context, k Key) (*os.File, error) {
	for {
		if err := c.make(); err != nil { // again, if somebody has removed it
			return nil, err
		}
		part, err := os.OpenFile(filepath.Join(c.parts(), k.SHA256), os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, err
		}
		// Where there are no locks, two may download the same: either has it be a part that is checked in the end.
		isHeld := errors.Is(leftover.Hold(part), syscall.EWOULDBLOCK)
		if !isHeld && isStill(part) {
			if _, ok := c.Get(k); !ok {
				return part, nil
			}
			_ = os.Remove(part.Name())
		}
		_ = part.Close()
		if _, ok := c.Get(k); ok {
			return nil, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(lookAgain):
		}
	}
}

// isStill reports whether the file is still the one of its name: who held it before may have removed it.
func isStill(f *os.File) bool {
	here, err := f.Stat()
	there, err2 := os.Lstat(f.Name())
	return err == nil && err2 == nil && os.SameFile(here, there)
}

func (c *Cache) fill(k Key, part *os.File, download func(*os.File) (*io.SectionReader, error)) (string, error) {
	content, err := download(part)
	if err != nil {
		return "", err
	}
	path := c.path(k)
	if isAllOf(part, content) {
		err = c.place(part, path) // and from then on the name is free for another process
	} else if err = c.copy(content, path); err == nil {
		_ = os.Remove(part.Name())
	}
	if err != nil {
		return "", err
	}
	c.evict(k.SHA256, c.max)
	return path, nil
}

// isAllOf reports whether content is all that is in a file.
func isAllOf(file *os.File, content *io.SectionReader) bool {
	outer, off, n := content.Outer()
	info, err := file.Stat()
	return err == nil && outer == io.ReaderAt(file) && off == 0 && n == info.Size()
}

// copy has a file with that content appear at path.
func (c *Cache) copy(content *io.SectionReader, path string) error {
	temp, err := os.CreateTemp(c.blobs(), newPrefix)
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(temp.Name()) }() // unless it has been renamed
	_ = leftover.Hold(temp)
	if err = copyTo(temp, content); err == nil {
		err = c.place(temp, path)
	}
	return errors.Join(err, temp.Close())
}

// place has a file of ours, which is open, be at path.
func (c *Cache) place(file *os.File, path string) error {
	err := file.Chmod(0o555)
	if err == nil && !c.passing {
		err = file.Sync()
	}
	if err != nil {
		return err
	}
	for range evictions {
		if err = rename(file.Name(), path); err == nil {
			return nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			_ = os.RemoveAll(filepath.Dir(path)) // something else is in the way
		}
	}
	return err
}

func rename(from, to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	return os.Rename(from, to)
}

// copyTo has the kernel copy, where it can.
func copyTo(to *os.File, content *io.SectionReader) error {
	outer, off, n := content.Outer()
	from, ok := outer.(*os.File)
	if !ok {
		_, err := io.Copy(to, content)
		return err
	}
	if _, err := from.Seek(off, io.SeekStart); err != nil {
		return err
	}
	_, err := io.CopyN(to, from, n)
	return err
}
