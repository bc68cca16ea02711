package libtest

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/hotso/hotso/host/internal/libbuild"
)

// unused is how long the cache keeps what nobody asks for.
const unused = 3 * 24 * time.Hour

var pruneOnce sync.Once

// cached builds what o says, unless it is in the cache, and copies the file into the
// directory own.
func cached(ctx context.Context, root string, o libbuild.Options, own string) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	cache = filepath.Join(cache, "hotso-test")
	if err := os.MkdirAll(cache, 0o777); err != nil {
		return "", err
	}
	pruneOnce.Do(func() { prune(cache, time.Now().Add(-unused)) })
	key, err := contentKey(root, o)
	if err != nil {
		return "", err
	}
	unlock, err := lock(lockFile(cache, key))
	if err != nil {
		return "", err
	}
	defer unlock()

	o.Output = filepath.Join(cache, key)
	name := "lib" + o.Name + ".v" + o.Version + ".so"
	file := filepath.Join(o.Output, name)
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		if err := compile(ctx, o, file); err != nil {
			return "", err
		}
	} else if err != nil {
		return "", err
	}
	now := time.Now()
	if err := os.Chtimes(o.Output, now, now); err != nil {
		return "", err
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	path := filepath.Join(own, name)
	return path, os.WriteFile(path, data, 0o755)
}

// lock waits for the lock on a file. The kernel gives it back if the process
// dies. It works between the goroutines of one process too, as each opens the
// file for itself (flock(2)).
func lock(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		f.Close()
		return nil, &fs.PathError{Op: "flock", Path: path, Err: err}
	}
	return func() { f.Close() }, nil
}

// lockFile returns one of 256 files. They are never removed, as then two processes could
// hold locks on different files of the same name; so there can't be one for each key.
func lockFile(cache, key string) string { return filepath.Join(cache, key[:2]+".lock") }

// prune removes the libraries that were last used before a time.
func prune(cache string, since time.Time) {
	entries, _ := os.ReadDir(cache)
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !e.IsDir() || info.ModTime().After(since) {
			continue
		}
		path := filepath.Join(cache, e.Name())
		if unlock, err := lock(lockFile(cache, e.Name())); err == nil {
			os.RemoveAll(path)
			unlock()
		}
	}
}
