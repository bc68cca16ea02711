package server_test

import (
	"fmt"
	"net"
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

// send opens a connection, and writes text to it.
func (r *running) send(text string) net.Conn {
	r.t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
	require.NoError(r.t, err)
	r.t.Cleanup(func() { _ = c.Close() })
	_, err = c.Write([]byte(text))
	require.NoError(r.t, err)
	return c
}

func post(path, body string) string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s", path, len(body), body)
}

// The end does not wait for clients that do not read, or do not send, when no call is inside.
func TestDrainDoesNotWaitForStuckClients(t *testing.T) {
	echo := libtest.Build(t, "echo", "1")
	for name, text := range map[string]string{
		"reply":           post("/call/Big", "[20000000, 1]"),
		"body":            "POST /call/Int32 HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n[",
		"deployment":      "POST /swap HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{",
		"header":          "POST /call/Int32 HTTP/1.1\r\nHost",
		"unwanted body":   "GET /versions HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n",
		"nothing":         "",
		"events not read": "GET /events HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t, server.Config{Dirs: []string{filepath.Dir(echo)}, Drain: 10 * limit})
			r.await(host.Serving, "")
			r.send(text)
			if name == "reply" {
				require.Eventually(t, func() bool {
					e := r.entry(filepath.Base(echo))
					return e.Calls == 1 && e.InFlight == 0
				}, limit, poll)
			}
			require.NoError(t, r.stop())
		})
	}
}

// Nor for one that does not read a stream, whose call is inside as long as there is more.
func TestDrainDoesNotWaitForAStuckStream(t *testing.T) {
	library := libtest.Build(t, "callback", "1")
	r := start(t, server.Config{Dirs: []string{filepath.Dir(library)}, Drain: 10 * limit})
	r.await(host.Serving, "")
	r.send(post("/call/Pieces", "[1, 100000000]"))
	require.Eventually(t, func() bool { return r.entry(filepath.Base(library)).InFlight == 1 }, limit, poll)
	require.NoError(t, r.stop())
}

// A call that is inside keeps the time of --drain also if the client's deadline for the body
// was near.
func TestDrainWaitsForTheCallInside(t *testing.T) {
	r := serving(t, libtest.Build(t, "slow", "1"))
	status := r.sleep("4000") // longer than clients have at the end
	began := time.Now()
	require.NoError(t, r.stop())
	assert.Equal(t, http.StatusOK, <-status)
	assert.Greater(t, time.Since(began), time.Second)
}
