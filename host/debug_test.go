package host_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

func profile(t *testing.T, lib *host.Library, name string) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, lib.Profile(t.Context(), &b, name), name)
	return b.String()
}

// goTool has a tool of Go's read a file with that content.
func goTool(t *testing.T, content string, args ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "profile")
	require.NoError(t, os.WriteFile(file, []byte(content), 0o644))
	cmd := libtest.GoTool(t, append(args, file)...)
	var errOut bytes.Buffer
	cmd.Stderr = &errOut
	out, err := cmd.Output()
	require.NoError(t, err, "%s: %s", cmd, &errOut)
	return string(out)
}

// profiled opens a library that works until the test ends.
func profiled(t *testing.T) *host.Library {
	lib := open(t, libtest.Build(t, "profiled", "1"))
	burn(t, lib)
	return lib
}

func burn(t *testing.T, lib *host.Library) {
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
				_, _ = lib.Call(ctx, "Burn", 5)
			}
		}
	}()
	t.Cleanup(func() { close(stop); <-done })
}

// Profiles are of the library's own runtime, and name its functions without its file.
func TestProfile(t *testing.T) {
	plainOnly(t)
	lib := profiled(t)
	callLib(t, lib, "Keep", 8<<20)

	heap := goTool(t, profile(t, lib, "heap?gc=1"), "pprof", "-top", "-sample_index=inuse_space")
	assert.Contains(t, heap, "main.keepHere")
	assert.NotContains(t, heap, "host_test", "of the host's heap there is nothing")
	assert.Contains(t, goTool(t, profile(t, lib, "allocs"), "pprof", "-top", "-sample_index=alloc_space"), "main.keepHere")

	assert.Contains(t, goTool(t, profile(t, lib, "profile?seconds=1"), "pprof", "-top"), "main.burnHere")
	assert.Contains(t, goTool(t, profile(t, lib, "goroutine"), "pprof", "-top"), "cabiprofile.write")
	assert.Contains(t, profile(t, lib, "goroutine?debug=2"), "cabi/cabiprofile/profile.go:")
	for _, name := range []string{"block", "mutex", "threadcreate"} {
		goTool(t, profile(t, lib, name), "pprof", "-top")
	}
	names := strings.Fields(profile(t, lib, ""))
	assert.Subset(t, names, []string{"allocs", "block", "goroutine", "heap", "mutex", "profile", "threadcreate", "trace"})

	parsed := goTool(t, profile(t, lib, "trace?seconds=0.1"), "trace", "-d=parsed")
	assert.Contains(t, parsed, "main.Burn", "its stacks are the library's")
}

// What a profile says of itself: which library and which version, by the name of the mapping.
func TestProfileNamesItsVersion(t *testing.T) {
	needUnload(t)
	lib := profiled(t)
	raw := goTool(t, profile(t, lib, "profile?seconds=0.5"), "pprof", "-raw")
	assert.Regexp(t, `hotso:\d+:profiled\.v1`, raw)
}

// Every sample of every profile says whose it is.
func TestProfileHasLabels(t *testing.T) {
	lib := profiled(t)
	for _, name := range []string{"profile?seconds=0.5", "heap", "goroutine"} {
		tags := goTool(t, profile(t, lib, name), "pprof", "-tags")
		assert.Regexp(t, `library: Total .*\n.*100%\): profiled`, tags, name)
		assert.Regexp(t, `version: Total .*\n.*100%\): 1`, tags, name)
	}
}

// The host's own profile tells the time of versions apart, if calls are labelled, and of other goroutines
// nothing.
func TestLabelCalls(t *testing.T) {
	both := []*host.Library{open(t, libtest.Build(t, "profiled", "1"), host.LabelCalls()), open(t, libtest.Build(t, "profiled", "2"), host.LabelCalls())}
	burnHost := func() {
		for end := time.Now().Add(50 * time.Millisecond); time.Now().Before(end); {
		}
	}
	var b bytes.Buffer
	require.NoError(t, pprof.StartCPUProfile(&b))
	pprof.Do(t.Context(), pprof.Labels("request", "7"), func(labelled context.Context) {
		typed := must(host.Func1[int64, int64](both[0], "Burn"))(t)
		for range 10 {
			_, err := typed(context.WithoutCancel(labelled), 20) // on this goroutine
			require.NoError(t, err)
			_, err = both[1].Call(labelled, "Burn", 20) // on another
			require.NoError(t, err)
			burnHost()
		}
	})
	pprof.StopCPUProfile()
	raw := goTool(t, b.String(), "pprof", "-raw")
	assert.Regexp(t, `library:\[profiled\] +request:\[7\] +version:\[1\]`, raw)
	assert.Regexp(t, `library:\[profiled\] +request:\[7\] +version:\[2\]`, raw)
	assert.Regexp(t, `(?m)^ +request:\[7\]$`, raw, "what the host does between the calls")
}

func TestVars(t *testing.T) {
	lib := open(t, libtest.Build(t, "profiled", "7"))
	callLib(t, lib, "Burn", 0)
	callLib(t, lib, "Burn", 0)
	var b bytes.Buffer
	require.NoError(t, lib.Vars(ctx, &b))
	var vars struct {
		Calls    int
		Version  string
		Memstats map[string]any
	}
	require.NoError(t, json.Unmarshal(b.Bytes(), &vars), "%s", &b)
	assert.Equal(t, 2, vars.Calls)
	assert.Equal(t, "7", vars.Version)
	assert.NotEmpty(t, vars.Memstats)
}

// What is not there is a function that is missing, and the error says how to have it.
func TestProfileIsMissing(t *testing.T) {
	lib := open(t, libtest.Greeter(t, "1"))
	err := lib.Profile(ctx, io.Discard, "heap")
	require.ErrorIs(t, err, host.ErrFunction)
	assert.ErrorContains(t, err, `import _ "github.com/hotso/hotso/cabi/cabiprofile"`)
	err = lib.Vars(ctx, io.Discard)
	require.ErrorIs(t, err, host.ErrFunction)
	assert.ErrorContains(t, err, "cabivars")

	err = open(t, libtest.Build(t, "profiled", "1")).Profile(ctx, io.Discard, "nonsense")
	require.ErrorIs(t, err, host.ErrFunction)
	assert.ErrorContains(t, err, `"nonsense"`)

	old := open(t, libtest.Build(t, "profiled", "1"))
	host.WithoutDebug(old)
	err = old.Profile(ctx, io.Discard, "heap")
	require.ErrorIs(t, err, host.ErrFunction)
	assert.ErrorContains(t, err, "hotso_debug")
}

// All of it arrives, however slowly it is read, and takes no more memory than a part of it.
func TestDebugIsCopied(t *testing.T) {
	lib := open(t, libtest.Build(t, "profiled", "1"))
	const size = 20 << 20
	var b bytes.Buffer
	b.Grow(size)
	require.NoError(t, host.Debug(lib, ctx, &b, "bytes/20971520"))
	require.Equal(t, size, b.Len())
	isNumbers(t, b.Bytes())
	var vars bytes.Buffer
	require.NoError(t, lib.Vars(ctx, &vars))
	var m struct{ Memstats struct{ HeapSys uint64 } }
	require.NoError(t, json.Unmarshal(vars.Bytes(), &m))
	assert.Less(t, m.Memstats.HeapSys, uint64(size), "Write has waited")
}

func TestProfileFails(t *testing.T) {
	lib := open(t, libtest.Build(t, "profiled", "1"))
	var failed *host.CallError
	require.ErrorAs(t, lib.Profile(ctx, io.Discard, "profile?seconds=soon"), &failed)
	assert.Contains(t, failed.Message, "soon")
	require.ErrorAs(t, lib.Profile(ctx, io.Discard, "heap?debug=-1"), &failed)

	require.ErrorAs(t, host.Debug(lib, ctx, io.Discard, "panics"), &failed)
	assert.True(t, failed.Panicked)
	assert.Contains(t, failed.Message, "in a report")
	assert.Contains(t, failed.Message, "profiled/main.go:")

	broken := errors.New("no more")
	assert.Equal(t, broken, host.Debug(lib, ctx, brokenWriter{broken}, "endless"))
	assert.Zero(t, lib.InFlight())
}

type brokenWriter struct{ err error }

func (w brokenWriter) Write([]byte) (int, error) { return 0, w.err }

// Of CPU profiles one runs at a time; the end of its context makes room for the next.
func TestProfileEndsWithItsContext(t *testing.T) {
	lib := profiled(t)
	limited, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() {
		done <- alone(func() error { return lib.Profile(limited, io.Discard, "profile?seconds=1000") })
	}()
	other := open(t, libtest.Build(t, "profiled", "2"))
	var busy error
	eventually(t, func() bool {
		busy = other.Profile(ctx, io.Discard, "profile?seconds=0")
		return errors.Is(busy, host.ErrBusy)
	}, "it runs")
	assert.ErrorContains(t, busy, "libprofiled.v2.so")
	assert.ErrorContains(t, busy, "a CPU profile of a library runs")
	cancel()
	require.ErrorIs(t, <-done, context.Canceled)
	eventually(t, func() bool { return lib.Profile(ctx, io.Discard, "profile?seconds=0") == nil }, "it has ended")
	require.ErrorIs(t, lib.Profile(limited, io.Discard, "heap"), context.Canceled)
}

// alone takes a profile again while another, by which a test finds out whether it runs, is in its way.
func alone(take func() error) (err error) {
	for err = take(); isTaken(err); err = take() {
	}
	return err
}

// isTaken reports whether a profile was refused because of another: by the host, or by the library.
func isTaken(err error) bool {
	return errors.Is(err, host.ErrBusy) || errors.As(err, new(*host.CallError))
}

// A profile is in nobody's way: a version that is replaced does not wait for it, and nothing is left.
func TestUnloadEndsAProfile(t *testing.T) {
	for _, name := range []string{"pprof/profile?seconds=1000", "pprof/trace?seconds=1000", "silent", "endless"} {
		t.Run(name, func(t *testing.T) {
			paths := []string{libtest.Build(t, "profiled", "1"), libtest.Build(t, "profiled", "2")}
			slot := newSlot(t, "profiled", paths[:1])
			lib := slot.Current()
			done := make(chan error, 1)
			go func() { done <- alone(func() error { return host.Debug(lib, ctx, io.Discard, name) }) }()
			if strings.HasPrefix(name, "pprof") {
				eventually(t, func() bool {
					return isTaken(lib.Profile(ctx, io.Discard, strings.TrimPrefix(strings.Replace(name, "1000", "0", 1), "pprof/")))
				}, "it runs")
			}
			callLib(t, lib, "Burn", 20)
			swap, err := slot.Swap(ctx, paths[1])
			require.NoError(t, err)
			requireNothingLeft(t)(swap.Old, nil)
			require.ErrorIs(t, <-done, host.ErrClosed)
			require.ErrorIs(t, lib.Profile(ctx, io.Discard, "heap"), host.ErrClosed)
		})
	}
}

func TestCrashEndsAProfile(t *testing.T) {
	needUnload(t)
	lib := must(host.Open(ctx, libtest.Build(t, "profiled", "1")))(t)
	done := make(chan error, 1)
	go func() { done <- alone(func() error { return lib.Profile(ctx, io.Discard, "profile?seconds=1000") }) }()
	eventually(t, func() bool { return lib.Profile(ctx, io.Discard, "profile?seconds=0") != nil }, "it runs")
	_, err := lib.Call(ctx, "hotso_drill", "exit")
	require.ErrorIs(t, err, host.ErrCrashed)
	require.ErrorIs(t, <-done, host.ErrCrashed)
	requireNothingLeft(t)(lib.Close(ctx))
}

// Whatever is in the process can be looked at, whether it serves or not.
func TestLibrariesOfASlot(t *testing.T) {
	slot := newSlot(t, "profiled", nil, host.Probation(time.Hour, host.Rule{}))
	assert.Empty(t, slot.Libraries())
	for _, version := range []string{"1", "2"} {
		_, err := slot.Swap(ctx, libtest.Build(t, "profiled", version))
		require.NoError(t, err)
	}
	libs := slot.Libraries()
	require.Len(t, libs, 2)
	assert.Equal(t, host.Warm, libs[0].State())
	assert.Same(t, slot.Current(), libs[1])
	for _, lib := range libs {
		assert.Contains(t, profile(t, lib, "goroutine?debug=1"), "goroutine profile: total")
	}
}
