package libtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// errNoModules is why a program is skipped.
var errNoModules = errors.New("modules can't be fetched")

// Program builds the Go program in a directory of this module, which is a module of its own that imports
// nothing of this one, and returns the path of its file. It is in the cache: do not change it.
//
// A test whose program can't be built fails. Without the modules it needs the test is skipped, and stderr
// says so.
func Program(t testing.TB, dir string) string {
	t.Helper()
	root := moduleRoot(t)
	file, err := cachedProgram(t.Context(), filepath.Join(root, filepath.FromSlash(dir)))
	if errors.Is(err, errNoModules) {
		fmt.Fprintf(os.Stderr, "libtest: %s is skipped: %v\n", t.Name(), err)
		t.Skip(err)
	}
	if err != nil {
		t.Fatalf("libtest: build %s: %v", dir, err)
	}
	return file
}

func cachedProgram(ctx context.Context, dir string) (string, error) {
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	h := sha256.New()
	fmt.Fprintf(h, "program\n%s\n", runtime.Version())
	addEnvironment(h)
	if err := addFiles(h, dir, dir); err != nil {
		return "", err
	}
	key := hex.EncodeToString(h.Sum(nil)[:16])
	unlock, err := lock(lockFile(cache, key))
	if err != nil {
		return "", err
	}
	defer unlock()

	file := filepath.Join(cache, key, filepath.Base(dir))
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		if err := compileProgram(ctx, dir, file); err != nil {
			return "", err
		}
	} else if err != nil {
		return "", err
	}
	now := time.Now()
	return file, os.Chtimes(filepath.Dir(file), now, now)
}

// compileProgram builds the program in dir into file, which appears complete or not at all.
func compileProgram(ctx context.Context, dir, file string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return err
	}
	for _, args := range [][]string{
		{"mod", "download"},
		{"build", "-buildvcs=false", "-ldflags=-s -w", "-o", file + ".tmp", "."},
	} {
		cmd := exec.CommandContext(ctx, "go", args...)
		cmd.Dir = dir
		cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0", "GOWORK=off")
		if err := run(cmd); err != nil && args[0] == "mod" {
			return fmt.Errorf("%w: %w", errNoModules, err)
		} else if err != nil {
			return err
		}
	}
	return os.Rename(file+".tmp", file)
}
