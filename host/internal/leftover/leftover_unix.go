//go:build unix

package leftover

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Hold marks an open file or directory as in use until it is closed, by a lock that ends
// with the process (flock(2)). Hold a file before anything is written to it.
func Hold(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) }

// young is for how long something empty is taken to be just made, and not yet held.
const young = time.Minute

// Sweep removes from dir the files and directories of this user whose names begin with
// prefix and that nobody holds. Links are not followed, and whatever is of another kind
// or of another user stays.
func Sweep(dir, prefix string) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), prefix) && (e.Type().IsRegular() || e.IsDir()) {
			sweep(filepath.Join(dir, e.Name()))
		}
	}
}

func sweep(path string) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !isOurs(info) || isEmpty(f, info) && time.Since(info.ModTime()) < young {
		return
	}
	if Hold(f) == nil {
		_ = os.RemoveAll(path)
	}
}

func isOurs(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) == os.Geteuid() && (info.Mode().IsRegular() || info.IsDir())
}

func isEmpty(f *os.File, info fs.FileInfo) bool {
	if !info.IsDir() {
		return info.Size() == 0
	}
	_, err := f.Readdirnames(1)
	return err != nil
}
