package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
	"github.com/hotso/hotso/host/internal/libtest"
)

// TestWaits begins with a directory that is not there.
func TestWaits(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "later")
	r := start(t, server.Config{Dirs: []string{dir}})
	status, body, _ := r.do("GET", "/healthz", "")
	assert.Equal(t, http.StatusServiceUnavailable, status)
	assert.Equal(t, `{"status":"waiting"}`, body)
	status, body, _ = r.do("POST", "/call/Greet", "")
	assert.Equal(t, http.StatusServiceUnavailable, status)
	assert.Contains(t, body, "no version serves")
	_, body, _ = r.do("GET", "/versions", "")
	assert.Equal(t, `{"name":"","versions":[]}`, body)

	require.NoError(t, os.Mkdir(dir, 0o777))
	write(t, dir, "README", []byte("not a library, and not looked at"))
	deploy(t, dir, libtest.Greeter(t, "1"))
	r.await(host.Serving, "1")
	status, body, _ = r.do("GET", "/healthz", "")
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, `{"status":"serving","name":"greeter","version":"1"}`, body)
	status, body, _ = r.do("POST", "/call/Greet", "")
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, `{"result":"Hello, Golang!","version":"1"}`, body)
	require.NoError(t, r.stop())
}

func TestChosenName(t *testing.T) {
	dir := t.TempDir()
	deploy(t, dir, libtest.Greeter(t, "1"))
	deploy(t, dir, libtest.Build(t, "slow", "1"))
	names, err := server.Names(dir, nil)
	require.NoError(t, err)
	assert.Equal(t, []string{"greeter", "slow"}, names)

	r := start(t, server.Config{Dirs: []string{dir}, Names: []string{"slow"}})
	r.await(host.Serving, "1")
	_, body, _ := r.do("GET", "/healthz", "")
	assert.Contains(t, body, `"name":"slow"`)
}

// A file that is no library does not make the name ambiguous, at the start and later.
func TestNameBesideJunk(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "libx.v1.so", nil)
	write(t, dir, "liby.v1.so", []byte("a text"))
	whole, err := os.ReadFile(libtest.Greeter(t, "1"))
	require.NoError(t, err)
	write(t, dir, "libcopy.v1.so", whole[:len(whole)/2])
	write(t, dir, "libother.v1.so", whole) // it is the greeter
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "libfifo.v1.so"), 0o600))
	names, err := server.Names(dir, nil)
	require.Error(t, err)
	assert.Empty(t, names)
	r := start(t, server.Config{Dirs: []string{dir}})
	write(t, dir, "libgreeter.v0.9.0.so", nil)
	deploy(t, dir, libtest.Greeter(t, "1"))
	r.await(host.Serving, "1")
	names, err = server.Names(dir, nil)
	require.NoError(t, err)
	assert.Equal(t, []string{"greeter"}, names)
	require.NoError(t, r.stop())
}

// A single file that is no library does not fix the name either: why it does not is told, and the
// library that comes has its own.
func TestNameIsNotThatOfJunk(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "libx.v1.so", []byte("a text"))
	r := start(t, server.Config{Dirs: []string{dir}})
	trouble := r.await(server.Trouble, "")
	assert.Contains(t, trouble.Detail, "no library to serve yet")
	assert.Contains(t, trouble.Detail, "libx.v1.so")
	deploy(t, dir, libtest.Greeter(t, "1"))
	r.await(host.Serving, "1")
	assert.Equal(t, 1, r.count(server.Trouble))
	require.NoError(t, r.stop())
}

// TestSwap replaces versions under clients that never stop. Each answer must be
// that of the version that it names, and a client sees no version twice.
func TestSwap(t *testing.T) {
	dir := t.TempDir()
	deploy(t, dir, libtest.Greeter(t, "1"))
	r := start(t, server.Config{Dirs: []string{dir}})
	r.await(host.Serving, "1")

	greetings := map[string]string{"1": "Hello, Ada!", "2": "Hello, Ada! (v2)", "10": "Hello, Ada! (v10)"}
	var clients sync.WaitGroup
	var calls, tens atomic.Int64
	stop := make(chan struct{})
	for range 4 {
		clients.Go(func() {
			var seen []string
			for {
				select {
				case <-stop:
					assert.Equal(t, []string{"1", "2", "10"}, seen)
					return
				default:
				}
				status, body, _ := r.do("POST", "/call/GreetName", `["Ada"]`)
				var a struct{ Result, Version string }
				if !assert.Equal(t, http.StatusOK, status, body) || !assert.NoError(t, json.Unmarshal([]byte(body), &a)) {
					return
				}
				if !assert.Equal(t, greetings[a.Version], a.Result) {
					return
				}
				if len(seen) == 0 || seen[len(seen)-1] != a.Version {
					seen = append(seen, a.Version)
				}
				calls.Add(1)
				if a.Version == "10" {
					tens.Add(1)
				}
			}
		})
	}
	called := func() {
		n := calls.Load()
		require.Eventually(t, func() bool { return calls.Load() > n+400 }, limit, poll)
	}
	called()
	for _, version := range []string{"2", "10"} {
		deploy(t, dir, libtest.Greeter(t, version))
		r.await(host.Serving, version)
		called()
	}
	close(stop)
	clients.Wait()
	assert.Positive(t, tens.Load())
	assert.Equal(t, host.Serving, r.entry("libgreeter.v10.so").State)
	assert.NotEqual(t, host.Serving, r.entry("libgreeter.v2.so").State)
	require.NoError(t, r.stop())
}

// TestRefused puts files beside a version that serves. Each is told with its
// reason, and the version goes on.
func TestRefused(t *testing.T) {
	v1 := libtest.Greeter(t, "1")
	dir := filepath.Dir(v1)
	r := serving(t, v1)
	whole, err := os.ReadFile(libtest.Greeter(t, "2"))
	require.NoError(t, err)
	flipped := append([]byte(nil), whole...)
	flipped[len(flipped)/2] ^= 1
	unsealed := libtest.Greeter(t, "6")
	libtest.Unseal(t, unsealed)

	write(t, dir, "libgreeter.v2.so", []byte("a text"))
	write(t, dir, "libgreeter.v3.so", whole[:len(whole)/2])
	write(t, dir, "libgreeter.v4.so", flipped)
	write(t, dir, "libgreeter.v5.so", whole) // says that it is v2
	deploy(t, dir, unsealed)
	write(t, dir, "libgreeter.v7.so", nil)
	write(t, dir, "libgreeter.vnext.so", whole)
	require.NoError(t, os.Mkdir(filepath.Join(dir, "libgreeter.v8.so"), 0o777))
	for _, test := range []struct{ version, why string }{
		{"2", "not an ELF shared object"}, {"3", "damaged file"}, {"4", "seal does not match"},
		{"5", "it is greeter v2"}, {"6", "not sealed"}, {"7", "not an ELF shared object"},
		{"next", "bad version"}, {"8", "a directory"},
	} {
		e := r.await(host.Refused, test.version)
		assert.Contains(t, e.Detail, test.why)
		info := r.entry("libgreeter.v" + test.version + ".so")
		assert.Equal(t, host.Refused, info.State)
		assert.Contains(t, info.Reason, test.why)
		assert.Equal(t, 1, strings.Count(info.Reason, "libgreeter.v"+test.version+".so"), "the file, once: %s", info.Reason)
	}
	status, body, _ := r.do("GET", "/healthz", "")
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, body, `"version":"1"`)

	write(t, dir, "libgreeter.v2.so", whole) // repaired
	r.await(host.Serving, "2")
	assert.Equal(t, host.Serving, r.entry("libgreeter.v2.so").State)
	require.NoError(t, os.Remove(filepath.Join(dir, "libgreeter.v3.so")))
	r.await(server.Removed, "3")
	assert.Empty(t, r.entry("libgreeter.v3.so"))
}

// TestNotDowngraded: an older version is told and not loaded, also when the
// file of the one that serves is gone.
func TestNotDowngraded(t *testing.T) {
	v2 := libtest.Greeter(t, "2")
	dir := filepath.Dir(v2)
	r := serving(t, v2)
	deploy(t, dir, libtest.Greeter(t, "1"))
	assert.Contains(t, r.await(server.Ignored, "1").Detail, "older than 2")
	require.NoError(t, os.Remove(v2))
	r.await(server.Removed, "2")
	deploy(t, dir, libtest.Greeter(t, "1.9.0"))
	r.await(server.Ignored, "1.9.0")
	assert.Equal(t, server.Ignored, r.entry("libgreeter.v1.9.0.so").State)
	_, body, _ := r.do("POST", "/call/Greet", "")
	assert.Equal(t, `{"result":"Hello, Golang! (v2)","version":"2"}`, body)
}

// TestSameVersion: other content under the same version is loaded, the same
// content written again is not.
func TestSameVersion(t *testing.T) {
	v1 := libtest.Greeter(t, "1")
	dir := filepath.Dir(v1)
	r := serving(t, v1)
	changed := libtest.Greeter(t, "1", libtest.LDFlags("-X 'github.com/hotso/hotso/libgreeter/greeter.greeting=Moin, Golang!'"))

	deploy(t, dir, v1)
	deploy(t, dir, libtest.Greeter(t, "0.1.0")) // told after it
	r.await(server.Ignored, "0.1.0")
	assert.Equal(t, 1, r.count(host.Serving))

	deploy(t, dir, changed)
	require.Eventually(t, func() bool { return r.count(host.Serving) == 2 }, limit, poll)
	_, body, _ := r.do("POST", "/call/Greet", "")
	assert.Equal(t, `{"result":"Moin, Golang!","version":"1"}`, body)
}

// TestNextBest: a version that does not start makes room for the one before
// it, at the start as well as later.
func TestNextBest(t *testing.T) {
	fails := libtest.LDFlags("-X main.mode=error")
	dir := t.TempDir()
	deploy(t, dir, libtest.Greeter(t, "1"))
	deploy(t, dir, libtest.Build(t, "badstart", "4", fails, libtest.Named("greeter")))
	r := start(t, server.Config{Dirs: []string{dir}})
	assert.Contains(t, r.await(host.Failed, "4").Detail, "cannot start")
	r.await(host.Serving, "1")
	assert.Equal(t, host.Failed, r.entry("libgreeter.v4.so").State)

	deploy(t, dir, libtest.Greeter(t, "2")) // older than the one that failed
	r.await(host.Serving, "2")
	assert.Equal(t, 1, r.count(host.Failed))
}

// TestCrash: the call that was inside learns of it, the next is answered by the
// version before, and what is newer than that one is loaded again.
func TestCrash(t *testing.T) {
	dir := t.TempDir()
	deploy(t, dir, libtest.Build(t, "crash", "1"))
	r := start(t, server.Config{Dirs: []string{dir}})
	r.await(host.Serving, "1")
	deploy(t, dir, libtest.Build(t, "crash", "2"))
	r.await(host.Serving, "2")

	status, body, _ := r.do("POST", "/call/Crash", `["exit"]`)
	assert.Equal(t, http.StatusBadGateway, status)
	assert.Regexp(t, `^\{"error":"crash v2 crashed: exit with status \d+.*","kind":"crash","version":"2","page":"errors/crashed"\}$`, body)
	status, body, _ = r.do("POST", "/call/Add", "[20, 22]")
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, `{"result":42,"version":"1"}`, body)
	crash := r.await(host.Crashed, "2")
	assert.Contains(t, crash.Detail, "crash v2 crashed: exit with status")
	assert.Contains(t, r.await(host.Serving, "1").File, "libcrash.v1.so")
	r.await(host.Unloaded, "2")

	deploy(t, dir, libtest.Build(t, "crash", "1.5.0"))
	r.await(host.Serving, "1.5.0")
	require.NoError(t, r.stop())
}

// What is older than the version that serves is not read, however much there is, and is
// listed without a line in the log for each.
func TestOlderFilesAreNotRead(t *testing.T) {
	dir := t.TempDir()
	const old = 200
	for i := range old {
		require.NoError(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("libgreeter.v0.0.%d.so", i)), []byte("a text"), 0o644))
	}
	deploy(t, dir, libtest.Greeter(t, "1"))
	r := start(t, server.Config{Dirs: []string{dir}})
	r.await(host.Serving, "1")
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		assert.Equal(c, server.Ignored, r.entry("libgreeter.v0.0.0.so").State)
	}, limit, poll)
	assert.Zero(t, r.count(host.Refused), "they were read")
	assert.Zero(t, r.count(server.Ignored), "they were told one by one")
	deploy(t, dir, libtest.Greeter(t, "0.1.0"))
	r.await(server.Ignored, "0.1.0")
	require.NoError(t, r.stop())
}
