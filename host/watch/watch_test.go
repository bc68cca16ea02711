package watch_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/watch"
)

func TestPresentAtStart(t *testing.T) {
	dir := t.TempDir()
	for _, v := range []string{"10", "9", "2.1.0", "2", "2.0.0-rc1"} {
		deploy(t, dir, v, library())
	}
	age(t, path(dir, "9")) // some are old, some have just been built
	age(t, path(dir, "2"))
	deploy(t, dir, "x", library())
	require.NoError(t, os.Rename(path(dir, "x"), filepath.Join(dir, "libother.v99.so")))

	for restart := range 2 {
		s := start(t, dir)
		for _, v := range []string{"10", "9", "2.1.0", "2", "2.0.0-rc1"} {
			e := s.next(watch.Found, v)
			assert.Equal(t, v == "10", e.Newest, v)
			assert.Equal(t, path(dir, v), e.Version.Path)
			assert.Equal(t, "greeter", e.Version.Name)
			assert.EqualValues(t, len(library()), e.Version.Size)
			assert.False(t, e.Version.ModTime.IsZero())
			assert.NoError(t, e.Err)
		}
		s.nothingElse(dir, fmt.Sprint(restart))
		s.stop()
		require.NoError(t, os.Remove(path(dir, fmt.Sprint(restart))))
	}
}

func TestRename(t *testing.T) {
	bothWays(t, func(t *testing.T, start func(*testing.T, string, ...watch.Option) *stream) {
		dir := t.TempDir()
		s := start(t, dir)
		deploy(t, dir, "2", library())
		assert.True(t, s.next(watch.Found, "2").Newest)
		deploy(t, dir, "1", library())
		assert.False(t, s.next(watch.Found, "1").Newest, "an older version")
		deploy(t, dir, "10", library())
		assert.True(t, s.next(watch.Found, "10").Newest)
		deploy(t, dir, "10", other("new"))
		assert.True(t, s.next(watch.Changed, "10").Newest, "the same version with other content")
		deploy(t, dir, "2", library())
		assert.False(t, s.next(watch.Changed, "2").Newest)
		require.NoError(t, os.Remove(path(dir, "10")))
		assert.False(t, s.next(watch.Removed, "10").Newest)
		require.NoError(t, os.Rename(path(dir, "2"), path(dir, "3")))
		s.next(watch.Removed, "2")
		assert.True(t, s.next(watch.Found, "3").Newest)
	})
}

func TestVersions(t *testing.T) {
	dir := t.TempDir()
	deploy(t, dir, "1", library())
	deploy(t, dir, "2", library())
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	var got []string
	for v := range watch.Versions(ctx, dir, "greeter", watch.WithSettle(settle)) {
		got = append(got, v.String())
		switch v.Text {
		case "2":
			deploy(t, dir, "1.5", library())
			deploy(t, dir, "1", other("new"))
			require.NoError(t, os.WriteFile(path(dir, "7"), []byte("no library"), 0o644))
			deploy(t, dir, "3", library()) // while the loop is busy, 3 comes and then 4
			deploy(t, dir, "4", library())
		case "4":
			deploy(t, dir, "4", other("new"))
			if len(got) == 3 {
				cancel()
			}
		}
	}
	assert.Equal(t, []string{"2", "4", "4"}, got)
}

func TestBadName(t *testing.T) {
	var got []watch.Event
	for e := range watch.Events(t.Context(), t.TempDir(), "../x") {
		got = append(got, e)
	}
	require.Len(t, got, 1)
	assert.Equal(t, watch.Trouble, got[0].Kind)
	assert.ErrorIs(t, got[0].Err, watch.ErrBadName)
	for range watch.Versions(t.Context(), t.TempDir(), "") {
		assert.Fail(t, "a version without a name")
	}
	_, err := watch.List(t.TempDir(), "a.b")
	assert.ErrorIs(t, err, watch.ErrBadName)
}

func TestNothingStaysBehind(t *testing.T) {
	dir := t.TempDir()
	deploy(t, dir, "1", library())
	gone := func() bool { return inotifies() == 0 && watchers() == 0 }
	require.Eventually(t, gone, limit, time.Millisecond)

	for range watch.Events(t.Context(), dir, "greeter") {
		assert.Equal(t, 1, inotifies())
		break
	}
	assert.Zero(t, inotifies(), "after break")

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for range watch.Events(ctx, dir, "greeter") {
		cancel()
	}
	assert.Zero(t, inotifies(), "after cancel")

	assert.Panics(t, func() {
		for range watch.Events(t.Context(), dir, "greeter") {
			panic("in the loop")
		}
	})
	assert.Zero(t, inotifies(), "after panic")
	require.Eventually(t, gone, limit, time.Millisecond)
}

func TestThousandFiles(t *testing.T) {
	dir := t.TempDir()
	deploy(t, dir, "0", library())
	for i := 1; i <= 1000; i++ {
		require.NoError(t, os.Link(path(dir, "0"), path(dir, fmt.Sprint(i))))
	}
	s := start(t, dir)
	for i := 1000; i >= 0; i-- {
		require.Equal(t, i == 1000, s.next(watch.Found, fmt.Sprint(i)).Newest)
	}
	deploy(t, dir, "1001", library())
	assert.True(t, s.next(watch.Found, "1001").Newest)
	versions, err := watch.List(dir, "greeter")
	require.NoError(t, err)
	assert.Len(t, versions, 1002)
}

// The newest version is told before any other is looked into, and one that comes while
// the others are checked does not wait for them.
func TestNewestIsToldFirst(t *testing.T) {
	dir := t.TempDir()
	deploy(t, dir, "1", library())
	age(t, path(dir, "1"))
	for i := 2; i <= 500; i++ {
		require.NoError(t, os.Link(path(dir, "1"), path(dir, fmt.Sprint(i))))
	}
	checked, told := 0, 0
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for e := range watch.Events(ctx, dir, "greeter", watch.WithSettle(time.Millisecond), watch.WithComplete(func(string) error {
		checked++
		if checked > 1 {
			time.Sleep(time.Millisecond) // a check takes its time, so that it shows
		}
		return nil
	})) {
		told++
		require.Equal(t, told, checked, "each is told before the next is checked")
		switch told {
		case 1:
			assert.Equal(t, "500", e.Version.Text)
			assert.True(t, e.Newest)
			deploy(t, dir, "501", library())
		default:
			assert.Equal(t, e.Version.Text == "501", e.Newest)
		}
		if e.Version.Text == "501" {
			assert.Less(t, told, 500, "it did not wait for all")
			return
		}
	}
}

func TestKinds(t *testing.T) {
	assert.Equal(t, "found", watch.Found.String())
	assert.Equal(t, "trouble", watch.Trouble.String())
	assert.Equal(t, "unknown", watch.Kind(99).String())
	assert.Equal(t, "unknown", watch.Kind(-1).String())
}

// BenchmarkRename measures the time from a rename to its event. All but the
// debounce time is the settle time.
func BenchmarkRename(b *testing.B) {
	dir := b.TempDir()
	image := library()
	deploy(b, dir, "1", image)
	for range watch.Versions(b.Context(), dir, "greeter") {
		if !b.Loop() {
			return
		}
		deploy(b, dir, "1", image)
	}
}
