package server_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
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
	r := start(t, server.Config{Dirs: []string{dir}, Settings: options(host.Probation(time.Hour, host.Rule{}))})
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

// What the watcher refuses, no request loads: the name of a file and what it contains
// must be of the same version.
func TestDeploymentOfAMisnamedFile(t *testing.T) {
	dir := t.TempDir()
	deploy(t, dir, libtest.Greeter(t, "1"))
	r := start(t, server.Config{Dirs: []string{dir}})
	r.await(host.Serving, "1")
	three, err := os.ReadFile(libtest.Greeter(t, "3"))
	require.NoError(t, err)
	write(t, dir, "libgreeter.v77.so", three)
	for _, path := range []string{"/swap", "/canary"} {
		for _, request := range []string{`{"version":"77"`, `{"file":"libgreeter.v77.so"`, `{"file":"` + filepath.Join(dir, "libgreeter.v77.so") + `"`} {
			if path == "/canary" {
				request += `,"percent":5`
			}
			status, body, _ := r.do("POST", path, request+"}")
			assert.Equal(t, http.StatusUnprocessableEntity, status, body)
			assert.Contains(t, body, "other library name: it is greeter v3 (rename it to libgreeter.v3.so)")
		}
	}
	assert.Contains(t, r.await(host.Refused, "77").Detail, "rename it to libgreeter.v3.so")
	require.NoError(t, r.stop())
}
