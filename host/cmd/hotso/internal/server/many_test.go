package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
	"github.com/hotso/hotso/host/internal/libtest"
)

// awaitOf waits for an event of a library.
func (r *running) awaitOf(library string, state host.State, version string) (found server.Event) {
	r.t.Helper()
	require.Eventually(r.t, func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, e := range r.events {
			if e.Name == library && e.State == state && (version == "" || e.Version == version) {
				found = e
				return true
			}
		}
		return false
	}, limit, poll, "no event %s %s v%s", library, state, version)
	return found
}

// answers asks for a path and wants that status and answer.
func (r *running) answers(status int, want, method, path, body string) {
	r.t.Helper()
	got, answer, _ := r.do(method, path, body)
	assert.Equal(r.t, status, got, "%s %s: %s", method, path, answer)
	assert.Contains(r.t, answer, want, "%s %s", method, path)
}

// Two libraries in two directories are swapped under calls, and one crashes: the calls of the other
// are all answered.
func TestManyLibraries(t *testing.T) {
	here, there := t.TempDir(), t.TempDir()
	deploy(t, here, libtest.Greeter(t, "1"))
	deploy(t, there, libtest.Build(t, "crash", "1"))
	r := start(t, server.Config{Dirs: []string{here, there}})
	r.awaitOf("greeter", host.Serving, "1")
	r.awaitOf("crash", host.Serving, "1")

	list := fmt.Sprintf(`[{"name":"crash","directory":%q,"serving":"1","state":"serving"},{"name":"greeter","directory":%q,"serving":"1","state":"serving"}]`, there, here)
	r.answers(200, list, "GET", "/libraries", "")
	r.answers(200, `{"status":"serving","libraries":[{"status":"serving","name":"crash","version":"1"},{"status":"serving","name":"greeter","version":"1"}]}`, "GET", "/healthz", "")
	r.answers(200, `{"status":"serving","name":"crash","version":"1"}`, "GET", "/healthz/crash", "")
	r.answers(200, `{"name":"crash","serving":"1"`, "GET", "/versions/crash", "")
	r.answers(400, `there are several libraries: crash, greeter; name one in the path, such as /versions/crash (`, "GET", "/versions", "")
	r.answers(400, `such as /call/crash/Greet (`, "POST", "/call/Greet", "")
	r.answers(400, `such as /rollback/crash (`, "POST", "/rollback", "")
	r.answers(404, `there is no such library: none; there is crash, greeter`, "POST", "/call/none/Greet", "")
	r.answers(404, `there is no such library: none`, "GET", "/healthz/none", "")
	r.answers(404, `there is no such library: none`, "GET", "/events/none", "")
	r.answers(404, `crash has no function Greet; v1 has`, "POST", "/call/crash/Greet", "")
	r.answers(405, `use POST`, "GET", "/call/crash/Greet", "")
	r.answers(409, `no version before`, "POST", "/rollback/crash", "")
	r.answers(404, `there is no such version of crash in `, "POST", "/swap/crash", `{"version":"7"}`)
	r.answers(200, `"library":"greeter@1"`, "GET", "/debug/pprof/", "")
	r.answers(404, `there is no crash@2 in the process; there is crash@1, greeter@1`, "GET", "/debug/vars/crash@2", "")

	done := make(chan struct{})
	var calling sync.WaitGroup
	for _, path := range []string{"/call/greeter/GreetName", "/call/crash/Add"} {
		args := map[bool]string{true: `["Ada"]`, false: `[20, 22]`}[strings.HasSuffix(path, "Name")]
		calling.Go(func() {
			for calls := 0; ; calls++ {
				select {
				case <-done:
					assert.Positive(t, calls)
					return
				default:
				}
				if status, body, _ := r.do("POST", path, args); status != http.StatusOK {
					assert.Contains(t, path, "crash", "%d %s", status, body) // it may be inside when it crashes
				}
			}
		})
	}
	deploy(t, here, libtest.Greeter(t, "2"))
	deploy(t, there, libtest.Build(t, "crash", "2"))
	r.awaitOf("greeter", host.Unloaded, "1")
	r.awaitOf("crash", host.Unloaded, "1")
	r.answers(502, `"kind":"crash","version":"2"`, "POST", "/call/crash/Crash", `["locked"]`)
	r.awaitOf("crash", host.Crashed, "2")
	require.Eventually(t, func() bool {
		status, _, _ := r.do("POST", "/call/crash/Add", "[20, 22]")
		return status == http.StatusOK
	}, limit, poll)
	close(done)
	calling.Wait()
	r.answers(200, `{"result":"Hello, Golang! (v2)","version":"2"}`, "POST", "/call/greeter/Greet", "")
	var v server.Versions
	_, body, _ := r.do("GET", "/versions/greeter", "")
	require.NoError(t, json.Unmarshal([]byte(body), &v))
	assert.Zero(t, v.Versions[len(v.Versions)-1].Errors)
	assert.NotContains(t, body, "crash")

	own := r.streamOf("/events/crash", "")
	for range own.until(host.Crashed) {
	}
	r.mu.Lock()
	for _, e := range r.events {
		assert.False(t, e.Name == "greeter" && e.State == host.Crashed)
	}
	r.mu.Unlock()
	require.NoError(t, r.stop())
}

// What appears later is served as well, and the paths of one library go on until there are two.
func TestLibraryThatComesLater(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "libjunk.v1.so", []byte("a text"))
	deploy(t, dir, libtest.Greeter(t, "1"))
	r := start(t, server.Config{Dirs: []string{dir}})
	r.awaitOf("greeter", host.Serving, "1")
	r.answers(200, `{"result":"Hello, Golang!","version":"1"}`, "POST", "/call/Greet", "")
	r.answers(200, `{"result":"Hello, Golang!","version":"1"}`, "POST", "/call/greeter/Greet", "")
	r.answers(200, `{"status":"serving","name":"greeter","version":"1"}`, "GET", "/healthz", "")
	deploy(t, dir, libtest.Build(t, "slow", "1"))
	r.awaitOf("slow", host.Serving, "1")
	r.answers(400, `there are several libraries: greeter, slow; `, "POST", "/call/Greet", "")
	assert.Contains(t, r.awaitOf("junk", host.Refused, "1").Detail, "not an ELF shared object")
	assert.Equal(t, 1, r.count(host.Refused))
	require.NoError(t, r.stop())
}

// A name that was chosen is waited for, wherever it may come, and no other is served.
func TestChosenNames(t *testing.T) {
	here, there := t.TempDir(), t.TempDir()
	deploy(t, here, libtest.Greeter(t, "1"))
	deploy(t, here, libtest.Build(t, "echo", "1"))
	r := start(t, server.Config{Dirs: []string{here, there}, Names: []string{"slow", "greeter"}})
	r.awaitOf("greeter", host.Serving, "1")
	r.answers(503, `{"status":"waiting","libraries":[{"status":"serving","name":"greeter","version":"1"},{"status":"waiting","name":"slow"}]}`, "GET", "/healthz", "")
	r.answers(503, `no version serves`, "POST", "/call/slow/Inside", "")
	r.answers(404, `there is no version of slow yet`, "POST", "/swap/slow", `{"version":"1"}`)
	r.answers(404, `there is no such library: echo; there is greeter, slow`, "POST", "/call/echo/String", `["x"]`)
	deploy(t, there, libtest.Build(t, "slow", "1"))
	r.awaitOf("slow", host.Serving, "1")
	r.answers(200, `"status":"serving"`, "GET", "/healthz", "")
	require.NoError(t, r.stop())
}

// One library is in one directory: at the start that is an error, later it is told.
func TestLibraryInTwoDirectories(t *testing.T) {
	here, there := t.TempDir(), t.TempDir()
	deploy(t, here, libtest.Greeter(t, "1"))
	r := start(t, server.Config{Dirs: []string{here, there}})
	r.awaitOf("greeter", host.Serving, "1")
	deploy(t, there, libtest.Greeter(t, "2"))
	trouble := r.awaitOf("greeter", server.Trouble, "")
	assert.ErrorIs(t, trouble.Err, server.ErrTwice)
	assert.Contains(t, trouble.Detail, here)
	assert.Contains(t, trouble.Detail, there)
	r.answers(200, `"version":"1"`, "POST", "/call/Greet", "")
	require.NoError(t, r.stop())

	socket := server.SocketIn(here)
	_, err := socket.Make()
	require.NoError(t, err)
	r = start(t, server.Config{Dirs: []string{here, there}, Sockets: []*server.Socket{socket}})
	require.ErrorIs(t, r.stopped(), server.ErrTwice)
	assert.NoFileExists(t, filepath.Join(here, server.SocketName))
}

// A state file remembers each library, and one that was written when there was only one is read.
func TestStateOfManyLibraries(t *testing.T) {
	dir := t.TempDir()
	deploy(t, dir, libtest.Greeter(t, "1"))
	deploy(t, dir, libtest.Greeter(t, "2"))
	deploy(t, dir, libtest.Build(t, "slow", "1"))
	info, err := os.Stat(filepath.Join(dir, "libgreeter.v2.so"))
	require.NoError(t, err)
	stamp, err := json.Marshal(info.ModTime().UTC())
	require.NoError(t, err)
	state := filepath.Join(dir, server.StateName)
	old := fmt.Sprintf(`{"failed":[{"version":"2","size":%d,"mod_time":%s}]}`, info.Size(), stamp)
	require.NoError(t, os.WriteFile(state, []byte(old), 0o600))
	conf := server.Config{Dirs: []string{dir}, Settings: all(server.Settings{Remember: true})}
	for range 2 { // the second time from the new form
		r := start(t, conf)
		r.awaitOf("greeter", host.Serving, "1")
		r.awaitOf("slow", host.Serving, "1")
		assert.Contains(t, r.awaitOf("greeter", server.Ignored, "2").Detail, "failed on probation")
		require.NoError(t, r.stop())
		b, err := os.ReadFile(state)
		require.NoError(t, err)
		assert.Regexp(t, `^\{"libraries":\{"greeter":\{"passed":\{"version":"1".*"failed":\[\{"version":"2".*"slow":\{"passed":`, string(b))
	}
}

// Through the socket of a directory its library needs no name.
func TestSocketOfADirectory(t *testing.T) {
	here, there := t.TempDir(), t.TempDir()
	deploy(t, here, libtest.Greeter(t, "1"))
	deploy(t, there, libtest.Build(t, "slow", "1"))
	r := start(t, server.Config{Dirs: []string{here, there}, Sockets: []*server.Socket{server.SocketIn(here), server.SocketIn(there)}})
	r.awaitOf("greeter", host.Serving, "1")
	r.awaitOf("slow", host.Serving, "1")
	r.answers(400, "there are several libraries", "POST", "/rollback", "")
	for _, dir := range []string{here, there} {
		require.Eventually(t, func() bool {
			return through(t, filepath.Join(dir, server.SocketName)) == http.StatusConflict // there is no version before
		}, limit, poll)
	}
	require.NoError(t, r.stop())
}
