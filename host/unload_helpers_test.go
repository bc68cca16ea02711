package host_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
	"github.com/hotso/hotso/host/internal/proc"
)

// openLib builds and opens a library of testdata/libs.
func openLib(t *testing.T, name string, opts ...libtest.Option) *host.Library {
	t.Helper()
	needUnload(t)
	lib, err := host.Open(t.Context(), libtest.Build(t, name, "1", opts...))
	require.NoError(t, err)
	return lib
}

// call calls a function and returns its result.
func callLib(t *testing.T, lib *host.Library, name string, args ...any) any {
	t.Helper()
	r, err := lib.Call(t.Context(), name, args...)
	require.NoError(t, err, name)
	return r.Value
}

// A footprint is what a process has of the resources that a Go library uses a lot of.
type footprint struct {
	files    map[int]string
	reserved uint64 // bytes of large mappings without a file
}

// large is less than what a Go runtime reserves at a time, and more than what
// malloc does for a thread.
const large = 100 << 20

// slack is what the host itself may reserve meanwhile: its heap, malloc for its
// threads, and the race detector. One library reserves twice as much and more.
const slack = 256 << 20

func takeFootprint(t *testing.T) footprint {
	t.Helper()
	needUnload(t)
	links, err := proc.Descriptors()
	require.NoError(t, err)
	maps, err := proc.Maps("")
	require.NoError(t, err)
	f := footprint{files: links}
	for _, m := range maps {
		if m.Path == "" && m.Size() > large {
			f.reserved += m.Size()
		}
	}
	return f
}

// requireReclaimed closes lib and requires that the report says that all is
// gone, and that the process shows the same: a Go runtime reserves more than a GiB.
func requireReclaimed(t *testing.T, lib *host.Library, before footprint) *host.Report {
	t.Helper()
	r, err := lib.Close(t.Context())
	require.NoError(t, err)
	requireGone(t, r, before)
	return r
}

func requireGone(t *testing.T, r *host.Report, before footprint) {
	t.Helper()
	require.Equal(t, host.Unloaded, r.State, "%+v", r)
	for _, x := range r.Resources {
		assert.Zero(t, x.Left, "%s: %s", x.Kind, x.Why)
		assert.Equal(t, x.Found, x.Freed, x.Kind)
	}
	assert.Positive(t, r.Resource(host.Threads).Found)
	assert.Positive(t, r.Resource(host.Keys).Found)
	assert.Greater(t, r.Resource(host.Mappings).Bytes, uint64(500<<20))
	assert.Equal(t, 6, r.Resource(host.Handlers).Found)
	requireFootprint(t, before)
}

// requireFootprint requires that the process has no more than before, but for
// what the host's own heap takes.
func requireFootprint(t *testing.T, before footprint) {
	t.Helper()
	now := takeFootprint(t)
	for fd, link := range now.files {
		assert.True(t, before.files[fd] == link || permanent(link), "descriptor %d -> %s is left", fd, link)
	}
	assert.Less(t, now.reserved, before.reserved+slack, "a runtime's reservations are left")
}

// permanent reports what the host itself opens with its first library.
func permanent(link string) bool {
	return strings.HasPrefix(link, "anon_inode:[event") || strings.HasPrefix(link, "socket:")
}

// eventually polls until ok.
func eventually(t *testing.T, ok func() bool, what string) {
	t.Helper()
	require.Eventually(t, ok, time.Minute, time.Millisecond, what)
}

// pipe returns a pipe of raw descriptors' files, closed at the end of the test.
func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	require.NoError(t, err)
	t.Cleanup(func() { r.Close(); w.Close() })
	return r, w
}

// buildHost builds testdata/host, which may take its time, and runs it on a library.
func buildHost(t *testing.T, args []string, lib string) ([]byte, error) {
	t.Helper()
	enabled := "0"
	if n := len(args) - 1; args[n] == "cgo" {
		enabled, args = "1", args[:n]
	}
	file := filepath.Join(t.TempDir(), "host")
	build := exec.CommandContext(t.Context(), "go", append(append([]string{"build", "-o", file}, args...), "../testdata/host")...)
	build.Dir = packageDir
	build.Env = append(build.Environ(), "CGO_ENABLED="+enabled)
	if out, err := build.CombinedOutput(); err != nil {
		return out, err
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	return exec.CommandContext(ctx, file, lib).CombinedOutput()
}
