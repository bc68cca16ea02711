package server_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/ebitengine/purego"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
	"github.com/hotso/hotso/host/internal/libtest"
)

// TestCrashIsShown: a version that can't leave yet, as a call of it is elsewhere,
// is listed as crashed, and why.
func TestCrashIsShown(t *testing.T) {
	dir := t.TempDir()
	deploy(t, dir, libtest.Build(t, "crash", "1"))
	r := start(t, server.Config{Dirs: []string{dir}})
	r.await(host.Serving, "1")
	release := make(chan struct{})
	inside := uint64(purego.NewCallback(func() uintptr { <-release; return 0 }))
	freed := make(chan int)
	go func() {
		status, _, _ := r.do("POST", "/call/Callback", fmt.Sprintf("[%d]", inside))
		freed <- status
	}()
	require.Eventually(t, func() bool {
		_, body, _ := r.do("POST", "/call/Inside", "")
		return strings.Contains(body, `"result":1`)
	}, limit, poll)
	status, _, _ := r.do("POST", "/call/Crash", `["locked"]`)
	assert.Equal(t, http.StatusBadGateway, status)
	r.await(host.Crashed, "1")
	status, body, _ := r.do("POST", "/call/Add", "[20, 22]")
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, `{"result":42,"version":"1"}`, body, "the same version, loaded again")

	_, body, _ = r.do("GET", "/versions", "")
	assert.Contains(t, body, `"state":"crashed"`)
	assert.Contains(t, body, "crash v1 crashed: panic: panic: crash on a locked thread")
	assert.Contains(t, body, `"state":"serving"`)
	events := r.stream("").until(host.Crashed)
	assert.NotEmpty(t, events)
	close(release)
	assert.Equal(t, http.StatusBadGateway, <-freed)
	require.NoError(t, r.stop())
}
