package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/page"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
	"github.com/hotso/hotso/host/internal/libtest"
)

// read is what a GET answers, with 200.
func read[T any](r *running, path string) (v T) {
	r.t.Helper()
	status, body, _ := r.do("GET", path, "")
	require.Equal(r.t, http.StatusOK, status, body)
	require.NoError(r.t, json.Unmarshal([]byte(body), &v))
	return v
}

// A call is listed while it is inside, with the version that it is inside of.
func TestInflight(t *testing.T) {
	dir := t.TempDir()
	deploy(t, dir, libtest.Build(t, "slow", "1"))
	r := start(t, server.Config{Dirs: []string{dir}})
	r.await(host.Serving, "1")
	assert.Empty(t, read[server.InflightCalls](r, "/inflight").Calls)

	reader, writer, err := os.Pipe()
	require.NoError(t, err)
	defer reader.Close()
	done := make(chan int, 2)
	call := func() {
		status, _, _ := r.do("POST", "/call/Wait", fmt.Sprintf("[%d]", reader.Fd()))
		done <- status
	}
	go call()
	inside := func(n int) (calls server.InflightCalls) {
		t.Helper()
		require.Eventually(t, func() bool { calls = read[server.InflightCalls](r, "/inflight/slow"); return calls.Total == n }, limit, poll)
		return calls
	}
	inside(1)
	deploy(t, dir, libtest.Build(t, "slow", "2"))
	r.await(host.Serving, "2")
	go call()
	calls := inside(2)
	assert.Equal(t, "slow", calls.Name)
	require.Len(t, calls.Calls, 2)
	first, second := calls.Calls[0], calls.Calls[1]
	assert.Equal(t, "Wait", first.Function)
	assert.Equal(t, "1", first.Version, "the longest first")
	assert.Equal(t, "2", second.Version)
	assert.Greater(t, first.Took, second.Took)
	require.NoError(t, writer.Close())
	assert.Equal(t, http.StatusOK, <-done)
	assert.Equal(t, http.StatusOK, <-done)
	inside(0)
}

// Seconds with calls are in the history of their library.
func TestHistory(t *testing.T) {
	r := serving(t, libtest.Greeter(t, "1"))
	const calls = 5
	for range calls {
		status, body, _ := r.do("POST", "/call/Add", "[1, 2]")
		require.Equal(t, http.StatusOK, status, body)
	}
	status, body, _ := r.do("POST", "/call/GreetName", `[""]`)
	require.Equal(t, http.StatusBadGateway, status, body)
	var last int64
	require.Eventually(t, func() bool {
		h := read[server.History](r, "/history/greeter")
		sum, failed := int64(0), int64(0)
		for _, s := range h.Samples {
			for _, v := range s.Versions {
				assert.Equal(t, "1", v.Version)
				sum, failed = sum+v.Calls, failed+v.Failed
			}
			last = s.Time
		}
		assert.Equal(t, 1, h.Step)
		assert.LessOrEqual(t, last, h.Now)
		return sum == calls+1 && failed == 1
	}, limit, poll)
	assert.Empty(t, read[server.History](r, fmt.Sprintf("/history?since=%d", last)).Samples)
	assert.Equal(t, 30, read[server.History](r, "/history?step=30").Step)
	for _, wrong := range []string{"/history?since=x", "/history?step=2"} {
		status, body, _ := r.do("GET", wrong, "")
		assert.Equal(t, http.StatusBadRequest, status)
		assert.Contains(t, body, "since is a number of milliseconds")
	}
}

// The stream of events has none of what may be large; each by itself has all.
func TestEventDetail(t *testing.T) {
	dir := t.TempDir()
	deploy(t, dir, libtest.Build(t, "crash", "1"))
	r := start(t, server.Config{Dirs: []string{dir}})
	served := r.await(host.Serving, "1")
	assert.False(t, served.More)
	code, _, _ := r.do("POST", "/call/Crash", `["locked"]`)
	assert.Equal(t, http.StatusBadGateway, code)
	crashed := r.await(host.Crashed, "1")
	left := r.await(host.Unloaded, "1")
	assert.True(t, crashed.More)
	assert.True(t, left.More)
	s := r.stream("")
	for {
		e, ok := s.next()
		require.True(t, ok)
		assert.Nil(t, e.Report)
		if e.ID == left.ID {
			break
		}
	}

	path := fmt.Sprintf("/event/%d", crashed.ID)
	status, body, _ := r.do("GET", path, "", "Authorization", "Bearer "+token)
	require.Equal(t, http.StatusOK, status)
	var d server.EventDetail
	require.NoError(t, json.Unmarshal([]byte(body), &d))
	require.NotNil(t, d.Crash)
	assert.False(t, d.Cut)
	assert.Equal(t, host.CrashPanic, d.Crash.Kind)
	assert.Contains(t, d.Crash.Message, "goroutine ")
	assert.Contains(t, d.Crash.Message, "kinds.go:")
	status, body, _ = r.do("GET", path, "", "Authorization", "Bearer wrong")
	require.Equal(t, http.StatusOK, status)
	assert.NotContains(t, body, "goroutine ", "stacks are for those who may look")
	assert.Contains(t, body, `"cut":true`)
	d = read[server.EventDetail](r, fmt.Sprintf("/event/%d", left.ID))
	assert.Nil(t, d.Crash)
	require.NotNil(t, d.Report)
	assert.Equal(t, host.Unloaded, d.Report.State)
	assert.Positive(t, d.Report.Resource(host.Threads).Freed)
	assert.Nil(t, read[server.EventDetail](r, fmt.Sprintf("/event/%d", served.ID)).Report)
	status, body, _ = r.do("GET", "/event/9999", "")
	assert.Equal(t, http.StatusNotFound, status)
	assert.Contains(t, body, "are kept")
	status, _, _ = r.do("GET", "/event/x", "")
	assert.Equal(t, http.StatusBadRequest, status)
}

// The page may ask nobody but its server, and is asked for again only when it has changed.
func TestPageIsServed(t *testing.T) {
	r := start(t, server.Config{Dirs: []string{t.TempDir()}})
	for path, kind := range map[string]string{
		"/": "text/html; charset=utf-8", "/page/page.js": "text/javascript; charset=utf-8",
		"/page/page.css": "text/css; charset=utf-8", "/page/icon.svg": "image/svg+xml",
	} {
		status, body, h := r.do("GET", path, "")
		assert.Equal(t, http.StatusOK, status, path)
		assert.NotEmpty(t, body)
		assert.Equal(t, kind, h.Get("Content-Type"))
		assert.Equal(t, page.Policy, h.Get("Content-Security-Policy"))
		assert.Equal(t, "no-referrer", h.Get("Referrer-Policy"))
		assert.Equal(t, "nosniff", h.Get("X-Content-Type-Options"))
		assert.Equal(t, "no-cache", h.Get("Cache-Control"))
		status, body, _ = r.do("GET", path, "", "If-None-Match", h.Get("ETag"))
		assert.Equal(t, http.StatusNotModified, status)
		assert.Empty(t, body)
		status, _, _ = r.do("POST", path, "")
		assert.Equal(t, http.StatusMethodNotAllowed, status)
	}
	status, _, _ := r.do("GET", "/page/nothing.js", "")
	assert.Equal(t, http.StatusNotFound, status)
	status, _, _ = r.do("GET", "/", "", "Origin", "https://elsewhere.example")
	assert.Equal(t, http.StatusForbidden, status)

	none := start(t, server.Config{Dirs: []string{t.TempDir()}, NoPage: true})
	for _, path := range []string{"/", "/page/page.js"} {
		status, _, _ := none.do("GET", path, "")
		assert.Equal(t, http.StatusNotFound, status)
	}
}
