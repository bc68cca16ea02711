package server_test

import (
	"net/http"
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

// sleep calls Sleep and returns when the call is inside.
func (r *running) sleep(ms string) (status <-chan int) {
	done := make(chan int, 1)
	go func() {
		resp, err := http.Post(r.url+"/call/Sleep", "application/json", strings.NewReader("["+ms+"]"))
		if err != nil {
			done <- 0
			return
		}
		resp.Body.Close()
		done <- resp.StatusCode
	}()
	require.Eventually(r.t, func() bool {
		_, body, _ := r.do("POST", "/call/Inside", "")
		return body == `{"result":1,"version":"1"}`
	}, limit, poll)
	return done
}

// TestDrain: a call that is inside when the end comes is answered.
func TestDrain(t *testing.T) {
	r := serving(t, libtest.Build(t, "slow", "1"))
	status := r.sleep("500")
	require.NoError(t, r.stop())
	assert.Equal(t, http.StatusOK, <-status)
	_, err := http.Get(r.url + "/healthz")
	require.Error(t, err)
	states := r.states()
	assert.Equal(t, host.Unloaded, states[len(states)-1])
}

// TestDrainDeadline: a call that does not come back in time is told.
func TestDrainDeadline(t *testing.T) {
	library := libtest.Build(t, "slow", "1")
	r := start(t, server.Config{Dirs: []string{filepath.Dir(library)}, Drain: 50 * time.Millisecond})
	r.await(host.Serving, "1")
	status := r.sleep("1000")
	err := r.stop()
	require.ErrorIs(t, err, host.ErrBusy)
	r.await(host.Quarantined, "1")
	assert.NotEqual(t, http.StatusOK, <-status)
	r.await(host.Unloaded, "1")
}
