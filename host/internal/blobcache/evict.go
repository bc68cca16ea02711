package blobcache

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/hotso/hotso/host/internal/leftover"
)

// oldPart is after which time nobody goes on with a download.
const oldPart = 7 * 24 * time.Hour

var errMoved = errors.New("it is no longer there")

// A kept is something that can be evicted.
type kept struct {
	path   string
	used   time.Time
	size   int64
	free   bool // nobody needs it
	remove func(path string) error
}

// evict removes what was used longest ago, until what nobody needs has at most max bytes. What keep names stays.
func (c *Cache) evict(keep string, max int64) {
	all := append(c.files(), c.unfinished()...)
	slices.SortFunc(all, func(a, b kept) int { return cmp.Or(a.used.Compare(b.used), cmp.Compare(a.path, b.path)) })
	var sum int64
	for _, k := range all {
		if k.free {
			sum += k.size
		}
	}
	for _, k := range all {
		if sum > max && k.free && filepath.Base(k.path) != keep && k.remove(k.path) == nil {
			sum -= k.size
		}
	}
}

// files are those that are whole. One that is linked from elsewhere is in use.
func (c *Cache) files() (all []kept) {
	for path, info := range each(c.blobs()) {
		if !info.IsDir() {
			continue
		}
		k := kept{path, info.ModTime(), 0, true, os.RemoveAll}
		for _, file := range each(path) {
			k.size += file.Size()
			k.free = k.free && links(file) <= 1
		}
		all = append(all, k)
	}
	return all
}

// unfinished are the downloads that nobody goes on with now. Those that nobody will go on with are removed.
func (c *Cache) unfinished() (all []kept) {
	for path, info := range each(c.parts()) {
		k := kept{path, info.ModTime(), info.Size(), info.Mode().IsRegular(), removeUnheld}
		if !k.free || time.Since(k.used) < oldPart || removeUnheld(path) != nil {
			all = append(all, k)
		}
	}
	return all
}

// removeUnheld removes the part of a download that nobody is at.
func removeUnheld(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := leftover.Hold(f); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	if !isStill(f) { // it was downloaded meanwhile, and now another process may be at one of that name
		return errMoved
	}
	return os.Remove(path)
}

func each(dir string) func(yield func(string, fs.FileInfo) bool) {
	return func(yield func(string, fs.FileInfo) bool) {
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			if info, err := e.Info(); err == nil && !yield(filepath.Join(dir, e.Name()), info) {
				return
			}
		}
	}
}
