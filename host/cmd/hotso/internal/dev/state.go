package dev

import (
	"crypto/sha256"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// A state is what the sources are like: the sum of each file, by its path.
type state map[string][sha256.Size]byte

// A reader reads states. It remembers files that it need not read again.
type reader struct {
	known map[string]known
}

// known is a file as it was read, which is the same for as long as all this is.
type known struct {
	size     int64
	modified time.Time
	sum      [sha256.Size]byte
}

// fresh is how old the last change of a file must be, for another one to show in its time: the clock
// of file systems goes in steps of up to 10 ms (current_time in the kernel's fs/inode.c).
const fresh = 20 * time.Millisecond

// read reads the sources. A file that can't be read is not there.
func (r *reader) read(set SourceSet) state {
	next, s := map[string]known{}, state{}
	add := func(path string) {
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() {
			return
		}
		k, ok := r.known[path]
		if !ok || k.size != info.Size() || !k.modified.Equal(info.ModTime()) || time.Since(k.modified) < fresh {
			text, err := os.ReadFile(path)
			if err != nil {
				return
			}
			k = known{info.Size(), info.ModTime(), sha256.Sum256(text)}
		}
		next[path], s[path] = k, k.sum
	}
	for _, dir := range set.Dirs {
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			if isSource(e.Name()) {
				add(filepath.Join(dir, e.Name()))
			}
		}
	}
	for _, f := range set.Files {
		add(f)
	}
	r.known = next
	return s
}

// differences are the files that s and old do not have alike, sorted.
func (s state) differences(old state) (paths []string) {
	for path, sum := range s {
		if was, ok := old[path]; !ok || was != sum {
			paths = append(paths, path)
		}
	}
	for path := range old {
		if _, ok := s[path]; !ok {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}

// adopt takes what only became a source with a build for what that has seen, unless it was written since.
func (r *reader) adopt(s state, now, before SourceSet, begun time.Time) {
	for path, sum := range r.read(now) {
		if !before.has(path) && r.known[path].modified.Before(begun.Add(-fresh)) {
			s[path] = sum
		}
	}
}
