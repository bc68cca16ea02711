package server_test

import (
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
	"github.com/hotso/hotso/host/internal/libtest"
)

// Who comes when as many calls are inside as may be is told to come again.
func TestTooManyCalls(t *testing.T) {
	library := libtest.Build(t, "slow", "1")
	r := start(t, server.Config{Dirs: []string{filepath.Dir(library)}, Settings: options(host.MaxCalls(2, 0))})
	r.await(host.Serving, "")
	first := r.sleep("3000")
	second := make(chan int, 1)
	go func() {
		status, _, _ := r.do("POST", "/call/Sleep", "[3000]")
		second <- status
	}()
	assert.Eventually(t, func() bool { return r.entry(filepath.Base(library)).InFlight == 2 }, limit, poll)
	status, body, h := r.do("POST", "/call/Inside", "")
	assert.Equal(t, http.StatusServiceUnavailable, status)
	assert.Contains(t, body, host.ErrTooManyCalls.Error())
	assert.Equal(t, "1", h.Get("Retry-After"))
	assert.Equal(t, http.StatusOK, <-first)
	assert.Equal(t, http.StatusOK, <-second)
	status, _, _ = r.do("POST", "/call/Inside", "")
	assert.Equal(t, http.StatusOK, status)
}

// So is who comes before there is a version.
func TestNoVersionYet(t *testing.T) {
	r := start(t, server.Config{Dirs: []string{t.TempDir()}})
	status, _, h := r.do("POST", "/call/Inside", "")
	assert.Equal(t, http.StatusServiceUnavailable, status)
	assert.Equal(t, "1", h.Get("Retry-After"))
}

// A call that takes longer than the server allows is not waited for.
func TestCallOutlivesItsLimit(t *testing.T) {
	library := libtest.Build(t, "slow", "1")
	r := start(t, server.Config{Dirs: []string{filepath.Dir(library)}, Settings: options(
		host.CallTimeout(20*time.Millisecond), host.CancelGrace(10*time.Millisecond))})
	r.await(host.Serving, "")
	status, body, _ := r.do("POST", "/call/Sleep", "[1000]")
	assert.Equal(t, http.StatusGatewayTimeout, status)
	assert.Contains(t, body, host.ErrHung.Error())
	assert.Eventually(t, func() bool { return r.entry(filepath.Base(library)).InFlight == 0 }, limit, poll)
}
