package watch_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/watch"
)

// limit is how long a test waits for what must happen before it fails.
const limit = 3 * time.Second

// TestMain fails the test binary if a watcher left something behind.
func TestMain(m *testing.M) {
	code := m.Run()
	for end := time.Now().Add(limit); inotifies() > 0 || watchers() > 0; {
		if time.Now().After(end) {
			fmt.Fprintf(os.Stderr, "leaked: %d inotify descriptors, %d goroutines\n", inotifies(), watchers())
			os.Exit(1)
		}
		runtime.Gosched()
	}
	os.Exit(code)
}

// inotifies returns the number of open inotify descriptors.
func inotifies() (n int) {
	fds, _ := filepath.Glob("/proc/self/fd/*")
	for _, fd := range fds {
		if target, _ := os.Readlink(fd); strings.Contains(target, "inotify") {
			n++
		}
	}
	return n
}

// watchers returns the number of goroutines inside the package or fsnotify.
func watchers() (n int) {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	for stack := range bytes.SplitSeq(stacks, []byte("\n\n")) {
		if bytes.Contains(stack, []byte("hotso/host/watch.")) || bytes.Contains(stack, []byte("fsnotify.")) {
			n++
		}
	}
	return n
}

// library returns the bytes of a real shared object, about 13 KB.
var library = sync.OnceValue(func() []byte { return compile("int f(void) { return 1; }") })

// largeLibrary returns those of one with 4 MiB of data.
var largeLibrary = sync.OnceValue(func() []byte { return compile("char data[4 << 20] = {1};") })

func compile(source string) []byte {
	dir, err := os.MkdirTemp("", "watch")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "lib.so")
	cc := exec.Command("gcc", "-shared", "-fPIC", "-nostdlib", "-x", "c", "-o", out, "-")
	cc.Stdin = strings.NewReader(source)
	if text, err := cc.CombinedOutput(); err != nil {
		panic(fmt.Sprintf("%v: %v\n%s", cc, err, text))
	}
	image, err := os.ReadFile(out)
	if err != nil {
		panic(err)
	}
	return image
}

// other returns a complete library with other content: more bytes follow the ELF
// image, as those of a manifest do.
func other(text string) []byte { return append(bytes.Clone(library()), text...) }

func path(dir, version string) string {
	return filepath.Join(dir, "libgreeter.v"+version+".so")
}

// deploy puts a version in place by rename.
func deploy(t testing.TB, dir, version string, image []byte) {
	t.Helper()
	temporary := filepath.Join(dir, ".new."+version)
	require.NoError(t, os.WriteFile(temporary, image, 0o644))
	require.NoError(t, os.Rename(temporary, path(dir, version)))
}

// age makes a file look as if it had been there for long.
func age(t *testing.T, file string) {
	t.Helper()
	hourAgo := time.Now().Add(-time.Hour)
	require.NoError(t, os.Chtimes(file, hourAgo, hourAgo))
}

// copySlowly writes in chunks with pauses longer than the settle time.
func copySlowly(t *testing.T, file string, image []byte) {
	t.Helper()
	f, err := os.Create(file)
	require.NoError(t, err)
	defer f.Close()
	for chunk := len(image)/7 + 1; len(image) > 0; image = image[min(chunk, len(image)):] {
		_, err := f.Write(image[:min(chunk, len(image))])
		require.NoError(t, err)
		time.Sleep(3 * settle) // the pause is what is tested
	}
}

const settle = 10 * time.Millisecond

// A stream is a running watcher whose events the test takes one by one.
type stream struct {
	t      *testing.T
	events chan watch.Event
	stop   func()
}

func start(t *testing.T, dir string, opts ...watch.Option) *stream {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	s := &stream{t: t, events: make(chan watch.Event)}
	opts = append([]watch.Option{watch.WithSettle(settle), watch.WithPoll(20 * settle)}, opts...)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for e := range watch.Events(ctx, dir, "greeter", opts...) {
			select {
			case s.events <- e:
			case <-ctx.Done():
			}
		}
	}()
	s.stop = func() {
		cancel()
		<-ended
	}
	t.Cleanup(s.stop)
	return s
}

// startPolling starts a watcher that gets no events.
func startPolling(t *testing.T, dir string, opts ...watch.Option) *stream {
	t.Helper()
	s := start(t, dir, append(opts, watch.WithoutEvents())...)
	assert.ErrorIs(t, s.next(watch.Trouble, "").Err, watch.ErrNoEvents)
	return s
}

// bothWays runs a test with events and with polling alone.
func bothWays(t *testing.T, test func(*testing.T, func(*testing.T, string, ...watch.Option) *stream)) {
	t.Run("events", func(t *testing.T) { test(t, start) })
	t.Run("polling", func(t *testing.T) { test(t, startPolling) })
}

// any returns the next event.
func (s *stream) any() watch.Event {
	s.t.Helper()
	select {
	case e := <-s.events:
		return e
	case <-time.After(limit):
		require.FailNow(s.t, "no event")
		return watch.Event{}
	}
}

// next returns the next event, which must be of this kind and version.
func (s *stream) next(kind watch.Kind, version string) watch.Event {
	s.t.Helper()
	e := s.any()
	require.Equal(s.t, kind.String()+" "+version, e.Kind.String()+" "+e.Version.Text, "%+v", e)
	return e
}

// nothingElse deploys a version, which must be the next one to be reported.
func (s *stream) nothingElse(dir, version string) {
	s.t.Helper()
	deploy(s.t, dir, version, library())
	s.next(watch.Found, version)
}
