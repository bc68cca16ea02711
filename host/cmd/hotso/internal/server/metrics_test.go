package server_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
	"github.com/hotso/hotso/host/internal/libtest"
)

func TestMetrics(t *testing.T) {
	dir := t.TempDir()
	deploy(t, dir, libtest.Greeter(t, "1"))
	r := start(t, server.Config{Dirs: []string{dir}})
	r.await(host.Serving, "")
	for range 3 {
		status, _, _ := r.do("POST", "/call/Add", "[1, 2]")
		require.Equal(t, http.StatusOK, status)
	}
	r.do("POST", "/call/Nope", "[]")
	r.do("GET", "/call/Add", "")
	r.do("GET", "/nowhere/"+strings.Repeat("x", 50), "")
	r.do("POST", "/swap", `{"version": "9"}`)
	_, before, _ := r.do("GET", "/metrics", "")
	assert.Contains(t, before, `hotso_files_refused_total{library="greeter"} 0`)
	write(t, dir, "libgreeter.v3.so", []byte("#!/bin/sh"))
	r.await(host.Refused, "3")
	status, text, header := r.do("GET", "/metrics", "")
	require.Equal(t, http.StatusOK, status)
	assert.Contains(t, header.Get("Content-Type"), "text/plain")
	for _, line := range []string{
		`hotso_calls_total{library="greeter",version="1"} 3`,
		`hotso_call_duration_seconds_count{library="greeter",version="1"}`,
		`hotso_deployments_total{library="greeter",outcome="swapped"} 1`,
		`hotso_http_requests_total{code="200",route="POST /call/{function}"} 3`,
		`hotso_http_requests_total{code="404",route="POST /call/{function}"} 1`,
		`hotso_http_requests_total{code="405",route="/call/{function}"} 1`,
		`hotso_http_requests_total{code="404",route="none"} 1`,
		`hotso_http_refused_total{lack="memory"} 0`,
		`hotso_files_refused_total{library="greeter"} 1`,
		"hotso_http_connections ", "go_goroutines ", "process_open_fds ",
	} {
		assert.Contains(t, text, "\n"+line)
	}
	assert.NotContains(t, text, "nowhere")

	status, _, _ = r.do("POST", "/metrics", "")
	assert.Equal(t, http.StatusMethodNotAllowed, status)
	status, _, _ = r.do("GET", "/metrics", "", "Origin", "http://elsewhere.example")
	assert.Equal(t, http.StatusForbidden, status)
}

// Before there is a library, the server has its own; and who does not want any has none.
func TestMetricsOfTheServer(t *testing.T) {
	r := start(t, server.Config{Dirs: []string{t.TempDir()}})
	status, text, _ := r.do("GET", "/metrics", "")
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, text, "hotso_http_connections 1")
	assert.NotContains(t, text, "library=")

	r = start(t, server.Config{Dirs: []string{filepath.Dir(libtest.Greeter(t, "1"))}, NoMetrics: true})
	r.await(host.Serving, "")
	status, _, _ = r.do("GET", "/metrics", "")
	assert.Equal(t, http.StatusNotFound, status)
}
