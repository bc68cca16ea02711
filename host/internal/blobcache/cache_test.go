package blobcache_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/blobcache"
)

const (
	many     = 50_000 // bytes of the files that many processes want
	manyMost = 2*many + many/2
)

var children = map[string]func(dir, url string) error{
	"once": func(dir, url string) error { return fillFrom(dir, url, 1, many, 1<<20) },
	"hold": func(dir, url string) error { return fillFrom(dir, url, 1, many, 1<<20) },
	"churn": func(dir, url string) error {
		var all sync.WaitGroup
		errs := make([]error, 3)
		for g := range errs {
			all.Go(func() {
				for range 12 {
					errs[g] = errors.Join(errs[g], fillFrom(dir, url, 1+rand.IntN(6), many, manyMost))
				}
			})
		}
		all.Wait()
		return errors.Join(errs...)
	},
}

// fillFrom has file n be there, and reads it. It may be evicted before it was opened, for others have it all to do with as well.
func fillFrom(dir, url string, n, size int, most int64) error {
	defer http.DefaultClient.CloseIdleConnections()
	c, err := blobcache.Open(dir, most)
	if err != nil {
		return err
	}
	for {
		path, err := c.Fill(context.Background(), key(n, size), func(part *os.File) (*io.SectionReader, error) {
			return download(context.Background(), url, n, part)
		})
		if err != nil {
			return err
		}
		b, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil && !bytes.Equal(b, content(n, size)) {
			err = fmt.Errorf("%s is not what it should be", path)
		}
		return err
	}
}

// Twenty processes at once download a file once.
func TestOnce(t *testing.T) {
	dir, s := t.TempDir(), newSource(t, many)
	type process struct {
		cmd    *exec.Cmd
		output *bytes.Buffer
	}
	var all []process
	for range 20 {
		cmd, output := start(t, dir, s, "once")
		all = append(all, process{cmd, output})
	}
	for _, p := range all {
		wait(t, p.cmd, p.output)
	}
	assert.Len(t, s.requests(), 1)
	assert.Equal(t, []string{"libgreeter.v1.so"}, names(t, dir))
}

// Processes and goroutines may fill and evict as they like.
func TestChurn(t *testing.T) {
	dir, s := t.TempDir(), newSource(t, many)
	type process struct {
		cmd    *exec.Cmd
		output *bytes.Buffer
	}
	var all []process
	for range 4 {
		cmd, output := start(t, dir, s, "churn")
		all = append(all, process{cmd, output})
	}
	for _, p := range all {
		wait(t, p.cmd, p.output)
	}
	fill(t, open(t, dir, manyMost), 7, many)
	assert.LessOrEqual(t, len(names(t, dir)), 2)
}

// What a killed process has got is not asked for again.
func TestKilled(t *testing.T) {
	dir, s := t.TempDir(), newSource(t, many)
	s.hold(30_000)
	cmd, _ := start(t, dir, s, "hold")
	part := filepath.Join(dir, "parts", key(1, many).SHA256)
	require.Eventually(t, func() bool {
		info, err := os.Stat(part)
		return err == nil && info.Size() == 30_000
	}, time.Minute, time.Millisecond)
	require.NoError(t, cmd.Process.Kill())
	_ = cmd.Wait()
	s.release()
	require.NoError(t, fillFrom(dir, s.URL, 1, many, 1<<20))
	assert.Equal(t, []string{"", "bytes=30000-"}, s.requests())
	assert.Equal(t, []string{"libgreeter.v1.so"}, names(t, dir))
}

// Who waits for another process ends with its context.
func TestWaitEnds(t *testing.T) {
	c := open(t, t.TempDir(), 1<<20)
	_, err := c.Fill(t.Context(), key(1, 10), func(*os.File) (*io.SectionReader, error) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		_, err := c.Fill(ctx, key(1, 10), func(*os.File) (*io.SectionReader, error) {
			assert.Fail(t, "two at once")
			return nil, nil
		})
		return nil, err
	})
	assert.ErrorIs(t, err, context.DeadlineExceeded)
}

// What was used longest ago goes first, and what is linked stays.
func TestEvict(t *testing.T) {
	dir := t.TempDir()
	c := open(t, dir, 2000)
	in := func(n int) bool { _, ok := c.Get(key(n, 1000)); return ok }
	linked := filepath.Join(t.TempDir(), "link")
	require.NoError(t, os.Link(fill(t, c, 1, 1000), linked))
	age := func(n int, d time.Duration) {
		at := time.Now().Add(-d)
		require.NoError(t, os.Chtimes(filepath.Join(dir, "blobs", key(n, 1000).SHA256), at, at))
	}
	fill(t, c, 2, 1000)
	fill(t, c, 3, 1000)
	age(1, 3*time.Hour)
	age(2, 2*time.Hour)
	age(3, time.Hour)
	fill(t, c, 4, 1000)
	assert.True(t, in(1), "it is linked")
	assert.False(t, in(2))
	assert.True(t, in(3))
	assert.True(t, in(4))

	// Parts that nobody is at count, too.
	left := filepath.Join(dir, "parts", "left")
	require.NoError(t, os.WriteFile(left, make([]byte, 1500), 0o600))
	age(3, 3*time.Hour)
	age(4, 2*time.Hour)
	hourAgo := time.Now().Add(-time.Hour)
	require.NoError(t, os.Chtimes(left, hourAgo, hourAgo))
	fill(t, c, 5, 1000)
	assert.ElementsMatch(t, []string{"libgreeter.v1.so", "libgreeter.v5.so"}, names(t, dir))

	_, err := c.Fill(t.Context(), key(6, 2001), nil)
	require.ErrorIs(t, err, blobcache.ErrTooLarge)
	assert.ErrorContains(t, err, "make it larger")
}

// What is damaged is downloaded again.
func TestDamaged(t *testing.T) {
	dir := t.TempDir()
	c := open(t, dir, 1<<20)
	path := fill(t, c, 1, 1000)
	for name, damage := range map[string]func() error{
		"content":   func() error { return errors.Join(os.Chmod(path, 0o644), os.WriteFile(path, []byte("other"), 0o644)) },
		"link":      func() error { return errors.Join(os.Remove(path), os.Symlink("/dev/zero", path)) },
		"directory": func() error { return errors.Join(os.Remove(path), os.MkdirAll(path+"/in/the/way", 0o700)) },
		"blobs":     func() error { return os.RemoveAll(filepath.Join(dir, "blobs")) },
		"parts":     func() error { return os.RemoveAll(filepath.Join(dir, "parts")) },
		"all":       func() error { return os.RemoveAll(dir) },
		"a file": func() error {
			return errors.Join(os.RemoveAll(filepath.Dir(path)), os.WriteFile(filepath.Dir(path), nil, 0o600))
		},
	} {
		require.NoError(t, damage(), name)
		assert.Equal(t, path, fill(t, c, 1, 1000), name)
		b, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, content(1, 1000), b, name)
	}
	assert.Equal(t, []string{"libgreeter.v1.so"}, names(t, dir))
}
