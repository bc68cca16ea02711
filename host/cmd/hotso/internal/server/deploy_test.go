package server_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
	"github.com/hotso/hotso/host/internal/libtest"
)

func TestSwapAndRollback(t *testing.T) {
	dir := t.TempDir()
	deploy(t, dir, libtest.Greeter(t, "1"))
	r := start(t, server.Config{Dir: dir, Options: []host.Option{host.Probation(time.Hour, host.Rule{})}})
	r.await(host.Serving, "1")
	status, body, _ := r.do("POST", "/rollback", "")
	assert.Equal(t, http.StatusConflict, status)
	assert.Contains(t, body, "no version before this one")

	deploy(t, dir, libtest.Greeter(t, "2"))
	r.await(host.Serving, "2")
	status, body, _ = r.do("POST", "/rollback", "")
	require.Equal(t, http.StatusOK, status, body)
	var swap host.Swap
	require.NoError(t, json.Unmarshal([]byte(body), &swap))
	assert.Equal(t, "1", swap.Version)
	assert.Equal(t, host.Failed, r.entry("libgreeter.v2.so").State)
	_, body, _ = r.do("POST", "/call/Greet", "")
	assert.Contains(t, body, `"version":"1"`)

	for _, request := range []string{`{"version":"2"}`, `{"file":"libgreeter.v2.so"}`,
		`{"file":"` + filepath.Join(dir, "libgreeter.v2.so") + `"}`} {
		status, body, _ = r.do("POST", "/swap", request)
		require.Equal(t, http.StatusOK, status, body)
		require.NoError(t, json.Unmarshal([]byte(body), &swap))
		assert.Equal(t, "2", swap.Version)
		assert.Equal(t, "1", swap.Warm)
	}
	status, body, _ = r.do("POST", "/swap", `{"version":"1"}`)
	assert.Equal(t, http.StatusUnprocessableEntity, status)
	assert.Contains(t, body, "older version")
	require.NoError(t, r.stop())
}

func TestSwapRequests(t *testing.T) {
	r := serving(t, libtest.Greeter(t, "1"))
	elsewhere := libtest.Greeter(t, "2")
	for request, want := range map[string]int{
		"":                               http.StatusBadRequest,
		"{}":                             http.StatusBadRequest,
		`{"version":"1","file":"x"}`:     http.StatusBadRequest,
		`{"path":"x"}`:                   http.StatusBadRequest,
		`{"version":"1"} {}`:             http.StatusBadRequest,
		`{"version":"1"}]`:               http.StatusBadRequest,
		`{"version":"7"}`:                http.StatusNotFound,
		`{"file":"` + elsewhere + `"}`:   http.StatusNotFound,
		`{"file":"../libgreeter.v1.so"}`: http.StatusNotFound,
		`{"file":"/etc/passwd"}`:         http.StatusNotFound,
	} {
		status, body, _ := r.do("POST", "/swap", request)
		assert.Equal(t, want, status, "%s: %s", request, body)
	}
	status, _, _ := r.do("GET", "/swap", "")
	assert.Equal(t, http.StatusMethodNotAllowed, status)
}

// Only loopback may deploy without a token, and only who has it with one.
func TestWhoMayDeploy(t *testing.T) {
	post := func(token string, change func(*http.Request)) int {
		s := server.New(server.Config{Dir: t.TempDir(), Token: token})
		req := httptest.NewRequest("POST", "/rollback", nil)
		req.RemoteAddr, req.Host = "127.0.0.1:5000", "127.0.0.1:8080"
		change(req)
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, req)
		return w.Code
	}
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	const allowed = http.StatusServiceUnavailable // there is no library
	assert.Equal(t, allowed, post("", func(*http.Request) {}))
	assert.Equal(t, allowed, post("", func(r *http.Request) { r.RemoteAddr, r.Host = "[::1]:5000", "localhost:8080" }))
	assert.Equal(t, allowed, post("secret", header("Authorization", "Bearer secret")))
	assert.Equal(t, allowed, post("secret", func(r *http.Request) {
		r.RemoteAddr, r.Host = "192.0.2.1:5000", "example.com"
		r.Header.Set("Authorization", "Bearer secret")
	}))
	for _, change := range []func(*http.Request){
		func(r *http.Request) { r.RemoteAddr = "192.0.2.1:5000" },
		func(r *http.Request) { r.RemoteAddr = "@" },
		func(r *http.Request) { r.Host = "rebound.example.com:8080" },
		header("X-Forwarded-For", "192.0.2.1"), header("Forwarded", "for=192.0.2.1"),
	} {
		assert.Equal(t, http.StatusForbidden, post("", change))
	}
	for _, value := range []string{"", "Bearer ", "Bearer secrets", "Bearer secre", "Basic secret", "secret"} {
		assert.Equal(t, http.StatusUnauthorized, post("secret", header("Authorization", value)), value)
	}
}

func TestSocket(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, server.SocketName)
	l, err := server.ListenUnix(path)
	require.NoError(t, err)
	_, err = server.ListenUnix(path)
	require.ErrorIs(t, err, server.ErrInUse)
	info, err := os.Lstat(path)
	require.NoError(t, err)
	assert.Equal(t, os.ModeSocket|0o600, info.Mode())

	r := start(t, server.Config{Dir: dir, Token: "secret", Socket: l})
	web := http.Client{Transport: &http.Transport{DisableKeepAlives: true,
		DialContext: func(context.Context, string, string) (net.Conn, error) { return net.Dial("unix", path) }}}
	resp, err := web.Post("http://localhost/rollback", "", strings.NewReader(""))
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	assert.Equal(t, http.StatusServiceUnavailable, resp.StatusCode, "trusted, but there is no library: %s", body)
	status, _, _ := r.do("POST", "/rollback", "")
	assert.Equal(t, http.StatusUnauthorized, status)
	require.NoError(t, r.stop())
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, entries)
}

// A socket whose server was killed is taken over; another kind of file is not.
func TestStaleSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	require.NoError(t, err)
	l.SetUnlinkOnClose(false)
	require.NoError(t, l.Close())
	again, err := server.ListenUnix(path)
	require.NoError(t, err)
	require.NoError(t, again.Close())

	require.NoError(t, os.WriteFile(path, []byte("mine"), 0o600))
	_, err = server.ListenUnix(path)
	require.ErrorContains(t, err, "is no socket")
}
