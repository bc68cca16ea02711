package watch_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/watch"
)

// TestSlowCopy copies a large library in chunks, with pauses in which the
// settle time passes. No event may come before the last byte.
func TestSlowCopy(t *testing.T) {
	bytesOnly := bytes.Repeat([]byte("not ELF "), 1000)
	digest := sha256.Sum256(bytesOnly)
	ofContent := watch.WithComplete(func(path string) error {
		got, err := os.ReadFile(path)
		if err == nil && sha256.Sum256(got) != digest {
			err = errors.New("wrong digest")
		}
		return err
	})
	for name, c := range map[string]struct {
		image []byte
		start func(*testing.T, string, ...watch.Option) *stream
		opts  []watch.Option
	}{
		"ELF":          {largeLibrary(), start, nil},
		"ELF, polling": {largeLibrary(), startPolling, nil},
		"own check":    {bytesOnly, start, []watch.Option{ofContent}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := c.start(t, dir, c.opts...)
			for _, kind := range []watch.Kind{watch.Found, watch.Changed} { // create, then overwrite in place
				done := make(chan struct{})
				go func() {
					defer close(done)
					copySlowly(t, path(dir, "2"), c.image)
				}()
				e := s.next(kind, "2")
				assert.EqualValues(t, len(c.image), e.Version.Size, "reported half-copied")
				<-done
			}
			require.NoError(t, os.Remove(path(dir, "2")))
			s.next(watch.Removed, "2")
		})
	}
}

// TestSettle writes a file that any check would pass. Only the settle time
// keeps it from being reported before the last byte.
func TestSettle(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir, watch.WithSettle(500*time.Millisecond), watch.WithComplete(func(string) error { return nil }))
	const size = 50
	go func() {
		f, err := os.Create(path(dir, "1"))
		if !assert.NoError(t, err) {
			return
		}
		defer f.Close()
		for range size {
			_, err := f.Write([]byte{1})
			assert.NoError(t, err)
			time.Sleep(time.Millisecond)
		}
	}()
	assert.EqualValues(t, size, s.next(watch.Found, "1").Version.Size)
}

func TestOverwriteInPlaceWithSameSize(t *testing.T) {
	dir := t.TempDir()
	deploy(t, dir, "2", other("a"))
	s := start(t, dir)
	s.next(watch.Found, "2")
	f, err := os.OpenFile(path(dir, "2"), os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.WriteAt([]byte("b"), int64(len(library())))
	require.NoError(t, err)
	require.NoError(t, f.Close())
	s.next(watch.Changed, "2")
}

func TestTruncate(t *testing.T) {
	dir := t.TempDir()
	deploy(t, dir, "1", library())
	deploy(t, dir, "2", library())
	s := start(t, dir, watch.WithPatience(5*settle))
	s.next(watch.Found, "2")
	s.next(watch.Found, "1")
	for _, size := range []int{len(library()) - 1, len(library()) / 2, 3, 0} {
		require.NoError(t, os.Truncate(path(dir, "2"), int64(size)))
		e := s.next(watch.Invalid, "2")
		assert.ErrorIs(t, e.Err, watch.ErrIncomplete)
		assert.ErrorContains(t, e.Err, path(dir, "2"))
	}
	deploy(t, dir, "1", other("new"))
	assert.True(t, s.next(watch.Changed, "1").Newest, "an invalid version is not the newest")
	deploy(t, dir, "2", library())
	assert.True(t, s.next(watch.Found, "2").Newest)
}

// TestMetadata changes what is not content.
func TestMetadata(t *testing.T) {
	dir := t.TempDir()
	deploy(t, dir, "1", library())
	s := start(t, dir)
	s.next(watch.Found, "1")
	require.NoError(t, os.Chmod(path(dir, "1"), 0o600))
	require.NoError(t, os.Link(path(dir, "1"), filepath.Join(dir, "keep")))
	s.nothingElse(dir, "2")

	require.NoError(t, os.Remove(path(dir, "1")))
	s.next(watch.Removed, "1")
	require.NoError(t, os.Rename(filepath.Join(dir, "keep"), path(dir, "1")))
	assert.False(t, s.next(watch.Found, "1").Newest)
}

func TestIncompleteIsCheckedAgain(t *testing.T) {
	dir := t.TempDir()
	ready := make(chan struct{})
	checks := 0 // all in the loop's goroutine
	s := start(t, dir, watch.WithComplete(func(string) error {
		select {
		case <-ready:
			return nil
		default:
		}
		if checks++; checks == 3 {
			close(ready)
		}
		return errors.New("not yet")
	}))
	deploy(t, dir, "1", []byte("anything"))
	s.next(watch.Found, "1")
	s.stop()
	assert.Equal(t, 3, checks)
}

// TestVerdictIsDropped changes the file while it is checked.
func TestVerdictIsDropped(t *testing.T) {
	dir := t.TempDir()
	checks := 0 // all in the loop's goroutine
	s := start(t, dir, watch.WithComplete(func(path string) error {
		if checks++; checks == 1 {
			return os.WriteFile(path, []byte("longer than before"), 0o644)
		}
		return nil
	}))
	deploy(t, dir, "1", []byte("short"))
	assert.EqualValues(t, len("longer than before"), s.next(watch.Found, "1").Version.Size)
	s.stop()
	assert.Equal(t, 2, checks)
}

// What a check holds against a file may pass without a change of the file.
func TestRecheck(t *testing.T) {
	dir := t.TempDir()
	deploy(t, dir, "1", library())
	deploy(t, dir, "2", library())
	var trusted atomic.Value
	trusted.Store("")
	again := make(chan struct{})
	s := start(t, dir, watch.WithRecheck(again), watch.WithComplete(func(p string) error {
		if base := filepath.Base(p); !strings.Contains(trusted.Load().(string), base) {
			return fmt.Errorf("%w: not one of %q", watch.ErrInvalid, trusted.Load())
		}
		return nil
	}))
	s.next(watch.Invalid, "2")
	s.next(watch.Invalid, "1")
	again <- struct{}{}
	s.nothingNew(dir)
	trusted.Store("libgreeter.v1.so")
	again <- struct{}{}
	s.next(watch.Invalid, "2") // for another reason
	assert.True(t, s.next(watch.Found, "1").Newest)
	close(again)
	trusted.Store("")
	require.NoError(t, os.Remove(path(dir, "1")))
	s.next(watch.Removed, "1")
}

// nothingNew deploys a file that must be the next one to be told, and takes it away.
func (s *stream) nothingNew(dir string) {
	s.t.Helper()
	require.NoError(s.t, os.WriteFile(path(dir, "0.0.1"), nil, 0o644))
	s.next(watch.Invalid, "0.0.1")
	require.NoError(s.t, os.Remove(path(dir, "0.0.1")))
	s.next(watch.Removed, "0.0.1")
}
