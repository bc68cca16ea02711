package host_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libbuild"
	"github.com/hotso/hotso/host/internal/libtest"
	"github.com/hotso/hotso/host/internal/proc"
)

// Libraries that are at work when they are unloaded.
func TestUnloadBusy(t *testing.T) {
	for name, start := range map[string]func(*host.Library){
		"idle":               func(*host.Library) {},
		"spinning":           func(l *host.Library) { callLib(t, l, "Spin", 4) },
		"locked threads":     func(l *host.Library) { callLib(t, l, "Lock", 20) },
		"panic storm":        func(l *host.Library) { callLib(t, l, "Panics", 4) },
		"collecting":         func(l *host.Library) { callLib(t, l, "Collect", 4) },
		"200 MiB of heap":    func(l *host.Library) { callLib(t, l, "Fill", 200) },
		"an open pipe":       func(l *host.Library) { callLib(t, l, "Pipe") },
		"everything at once": func(l *host.Library) { callLib(t, l, "Spin", 2); callLib(t, l, "Lock", 5); callLib(t, l, "Panics", 2) },
	} {
		t.Run(name, func(t *testing.T) {
			before := takeFootprint(t)
			lib := openLib(t, "busy")
			start(lib)
			if name != "idle" && name[0] != '2' && name != "an open pipe" {
				eventually(t, func() bool { return callLib(t, lib, "Work").(int64) > 1000 }, "the goroutines work")
			}
			r := requireReclaimed(t, lib, before)
			if name == "locked threads" {
				assert.GreaterOrEqual(t, r.Resource(host.Threads).Found, 20)
			}
			if name == "an open pipe" {
				assert.GreaterOrEqual(t, r.Resource(host.Descriptors).Found, 4, "epoll, eventfd, both ends")
			}
		})
	}
}

func TestUnloadWithChildren(t *testing.T) {
	before := takeFootprint(t)
	lib := openLib(t, "busy")
	callLib(t, lib, "Children", 3)
	pids := children(t)
	require.GreaterOrEqual(t, len(pids), 3)
	requireReclaimed(t, lib, before)
	// The children are processes of their own: they live on, as children of the host.
	require.ElementsMatch(t, pids, children(t))
	for _, pid := range pids {
		require.NoError(t, unix.Kill(pid, unix.SIGKILL))
		_, err := unix.Wait4(pid, nil, 0, nil)
		require.NoError(t, err)
	}
}

// children lists the processes that threads of this one have started.
func children(t *testing.T) (pids []int) {
	files, err := filepath.Glob("/proc/self/task/*/children")
	require.NoError(t, err)
	for _, f := range files {
		b, _ := os.ReadFile(f)
		for field := range strings.FieldsSeq(string(b)) {
			pid, err := strconv.Atoi(field)
			require.NoError(t, err)
			pids = append(pids, pid)
		}
	}
	return pids
}

func TestUnloadServer(t *testing.T) {
	plainOnly(t)
	before := takeFootprint(t)
	lib := openLib(t, "web")
	port := callLib(t, lib, "Serve", 10).(int64)
	url := fmt.Sprintf("http://127.0.0.1:%d/", port)
	client := http.Client{Transport: &http.Transport{}}
	answer, err := client.Get(url)
	require.NoError(t, err)
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	assert.Equal(t, "hello\n", string(text))
	waiting, err := client.Get(url + "wait") // the host is a client too
	require.NoError(t, err)

	r, err := lib.Close(t.Context())
	require.NoError(t, err)
	assert.GreaterOrEqual(t, r.Resource(host.Descriptors).Found, 23, "listener, 10 clients with both ends, epoll, eventfd")
	_, err = io.ReadAll(waiting.Body)
	assert.Error(t, err, "the connection is closed")
	waiting.Body.Close()
	client.CloseIdleConnections()
	_, err = client.Get(url)
	assert.ErrorIs(t, err, unix.ECONNREFUSED)
	requireGone(t, r, before)
}

func TestUnloadOpenDatabase(t *testing.T) {
	plainOnly(t)
	before := takeFootprint(t)
	path := filepath.Join(t.TempDir(), "db")
	for i := range 3 {
		lib := openLib(t, "sqlite")
		assert.EqualValues(t, i+1, callLib(t, lib, "Insert", path))
		r := requireReclaimed(t, lib, before)
		assert.GreaterOrEqual(t, r.Resource(host.Descriptors).Found, 3)
	}
}

func TestUnloadFileOfC(t *testing.T) {
	plainOnly(t)
	before := takeFootprint(t)
	lib := openLib(t, "native")
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	first := int(callLib(t, lib, "KeepFile", path).(int32))
	second := int(callLib(t, lib, "KeepFile", path).(int32))

	// The first is closed behind the library's back, and its number now belongs to
	// the host: it must not be closed.
	require.NoError(t, unix.Close(first))
	r, w := pipe(t)
	links, err := proc.Descriptors()
	require.NoError(t, err)
	require.Contains(t, links[first], "pipe:")
	require.Equal(t, path, links[second])

	report, err := lib.Close(t.Context())
	require.NoError(t, err)
	links, err = proc.Descriptors()
	require.NoError(t, err)
	assert.Contains(t, links[first], "pipe:")
	assert.Empty(t, links[second])
	require.NoError(t, r.Close())
	require.NoError(t, w.Close())
	requireGone(t, report, before)
}

func TestUnloadThreadsOfC(t *testing.T) {
	plainOnly(t)
	before := takeFootprint(t)
	lib := openLib(t, "native")
	assert.Zero(t, callLib(t, lib, "Workers", 5))
	r := requireReclaimed(t, lib, before)
	assert.GreaterOrEqual(t, r.Resource(host.Threads).Found, 5)
}

// Thread-local variables of C code are dynamic TLS, which glibc manages.
func TestUnloadThreadLocal(t *testing.T) {
	before := takeFootprint(t)
	for range 20 {
		lib := openLib(t, "native")
		assert.Greater(t, callLib(t, lib, "Local"), int64(40))
		requireReclaimed(t, lib, before)
	}
}

func TestStaticThreadLocalIsRefused(t *testing.T) {
	before := takeFootprint(t)
	_, err := host.Open(t.Context(), libtest.Build(t, "initialexec", "1"))
	require.ErrorIs(t, err, host.ErrLoad)
	assert.ErrorContains(t, err, "initial-exec")
	assert.ErrorContains(t, err, "local")
	requireFootprint(t, before)
}

func TestUnloadStripped(t *testing.T) {
	plainOnly(t)
	before := takeFootprint(t)
	lib := openLib(t, "busy", func(o *libbuild.Options) { o.Strip = true })
	callLib(t, lib, "Spin", 2)
	requireReclaimed(t, lib, before)
}

func TestUnloadInAnyOrder(t *testing.T) {
	before := takeFootprint(t)
	names := []string{"busy", "native", "web", "counter"}
	for _, order := range [][]int{{0, 1, 2, 3}, {3, 2, 1, 0}, {1, 3, 0, 2}} {
		var libs []*host.Library
		for _, name := range names {
			libs = append(libs, openLib(t, name))
		}
		callLib(t, libs[0], "Spin", 1)
		for n, i := range order {
			r, err := libs[i].Close(t.Context())
			require.NoError(t, err)
			require.Equal(t, host.Unloaded, r.State)
			for _, j := range order[n+1:] {
				require.NoError(t, libs[j].Health(t.Context()))
			}
		}
	}
	requireFootprint(t, before)
}

// As many versions as there are slots live at the same time, and one more is refused before
// anything of it is loaded.
func TestTooManyVersions(t *testing.T) {
	most := leaveSlots(t, 16)
	before := takeFootprint(t)
	path := libtest.Greeter(t, "1")
	var libs []*host.Library
	for range most {
		lib, err := host.Open(t.Context(), path)
		require.NoError(t, err)
		libs = append(libs, lib)
	}
	full := takeFootprint(t)
	_, err := host.Open(t.Context(), path)
	require.ErrorIs(t, err, host.ErrTooMany)
	require.ErrorIs(t, err, host.ErrLoad)
	requireFootprint(t, full)
	for _, lib := range libs {
		r, err := lib.Close(t.Context())
		require.NoError(t, err)
		require.Equal(t, host.Unloaded, r.State)
	}
	requireFootprint(t, before)
}
