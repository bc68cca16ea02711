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

	"github.com/hotso/hotso/cabi/abi/manifest"
	"github.com/hotso/hotso/host/internal/libbuild"
)

// unused is how long the cache keeps what nobody asks for.
const unused = 3 * 24 * time.Hour

var pruneOnce sync.Once

// built is how the cache has every library. A name and a version are stamped into a file, not
// compiled, so one build does for all of them.
const builtName, builtVersion = "built", "0"

// cached builds what o says, unless it is in the cache, and copies the file into the
// directory own, with its name and version.
func cached(ctx context.Context, root string, o libbuild.Options, own string) (string, error) {
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	sources, err := sourcesOnce()
	if err != nil {
		return "", err
	}
	key, err := contentKey(root, sources, o)
	if err != nil {
		return "", err
	}
	unlock, err := lock(lockFile(cache, key))
	if err != nil {
		return "", err
	}
	defer unlock()

	path := filepath.Join(own, "lib"+o.Name+".v"+o.Version+".so")
	name, version := o.Name, o.Version
	o.Name, o.Version, o.Output = builtName, builtVersion, filepath.Join(cache, key)
	file := filepath.Join(o.Output, "lib"+builtName+".v"+builtVersion+".so")
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
	if data, err = stamp(data, name, version); err != nil {
		return "", err
	}
	return path, os.WriteFile(path, data, 0o755)
}

// sourcesOnce reads the sources once for all libraries of a test binary: nobody changes them meanwhile.
var sourcesOnce = sync.OnceValues(func() ([]byte, error) {
	root, err := Root()
	if err != nil {
		return nil, err
	}
	return sourcesDigest(root)
})

// cacheDir is the directory of the cache. The first call removes what nobody asked for in a while.
func cacheDir() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	cache = filepath.Join(cache, "hotso-test")
	if err := os.MkdirAll(cache, 0o777); err != nil {
		return "", err
	}
	pruneOnce.Do(func() { prune(cache, time.Now().Add(-unused)) })
	return cache, nil
}

// stamp gives a sealed library a name and a version. What is not sealed stays as it is.
func stamp(data []byte, name, version string) ([]byte, error) {
	s, err := manifest.Unseal(data)
	if errors.Is(err, manifest.ErrNoSeal) {
		return data, nil
	}
	if err != nil {
		return nil, err
	}
	s.Manifest.Name, s.Manifest.Version = name, version
	return libbuild.Seal(s.Image, s.Manifest)
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
