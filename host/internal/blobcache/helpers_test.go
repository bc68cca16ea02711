package blobcache_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/blobcache"
)

// content is what file n has.
func content(n, size int) []byte {
	b := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{byte(n)}).Read(b)
	return b
}

func key(n, size int) blobcache.Key {
	sum := sha256.Sum256(content(n, size))
	return blobcache.Key{SHA256: hex.EncodeToString(sum[:]), Name: fmt.Sprintf("libgreeter.v%d.so", n), Size: int64(size)}
}

// A source has files, and counts what is asked for.
type source struct {
	*httptest.Server
	size int

	mu     sync.Mutex
	asked  []string // the header Range of each request
	held   chan struct{}
	holdAt int // bytes
}

// newSource serves files of a size, of which the number is the path.
func newSource(t testing.TB, size int) *source {
	s := &source{size: size}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *source) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.asked = append(s.asked, r.Header.Get("Range"))
	held, at := s.held, s.holdAt
	s.mu.Unlock()
	n, _ := strconv.Atoi(r.URL.Path[1:])
	b := content(n, s.size)
	if held != nil {
		_, _ = w.Write(b[:at])
		_ = http.NewResponseController(w).Flush()
		<-held
		return
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(b))
}

// hold has answers stop after so many bytes.
func (s *source) hold(after int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held, s.holdAt = make(chan struct{}), after
}

// release ends those that were held.
func (s *source) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.held)
	s.held = nil
}

func (s *source) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.asked...)
}

// download gets file n as a registry's client does.
func download(ctx context.Context, url string, n int, part *os.File) (*io.SectionReader, error) {
	have, err := part.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s/%d", url, n), nil)
	if err != nil {
		return nil, err
	}
	if have > 0 {
		r.Header.Set("Range", fmt.Sprintf("bytes=%d-", have))
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	got, err := io.Copy(part, resp.Body)
	return io.NewSectionReader(part, 0, have+got), err
}

func open(t testing.TB, dir string, max int64) *blobcache.Cache {
	t.Helper()
	c, err := blobcache.Open(dir, max)
	require.NoError(t, err)
	return c
}

// fill has file n be in the cache.
func fill(t testing.TB, c *blobcache.Cache, n, size int) string {
	t.Helper()
	path, err := c.Fill(t.Context(), key(n, size), write(n, size))
	require.NoError(t, err)
	return path
}

func write(n, size int) func(*os.File) (*io.SectionReader, error) {
	return func(part *os.File) (*io.SectionReader, error) {
		_, err := part.WriteAt(content(n, size), 0)
		return io.NewSectionReader(part, 0, int64(size)), err
	}
}

// names are those of the files with content, and of what should not be there: parts and temporary files.
func names(t testing.TB, dir string) (list []string) {
	t.Helper()
	for _, pattern := range []string{"blobs/*/*", "blobs/.*", "parts/*"} {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		require.NoError(t, err)
		for _, f := range found {
			list = append(list, filepath.Base(f))
		}
	}
	return list
}

const (
	childDir = "HOTSO_TEST_CACHE"
	childURL = "HOTSO_TEST_SOURCE"
	childDo  = "HOTSO_TEST_DO"
)

// start starts this program as another process that uses the cache.
func start(t testing.TB, dir string, s *source, do string) (cmd *exec.Cmd, output *bytes.Buffer) {
	t.Helper()
	cmd = exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+dir, childURL+"="+s.URL, childDo+"="+do)
	output = &bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = output, output
	require.NoError(t, cmd.Start())
	return cmd, output
}

// child is what another process does.
func child(dir string) {
	err := func() error {
		do := children[os.Getenv(childDo)]
		return do(dir, os.Getenv(childURL))
	}()
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func wait(t testing.TB, cmd *exec.Cmd, output *bytes.Buffer) {
	t.Helper()
	assert.NoError(t, cmd.Wait(), "%s", output)
}
