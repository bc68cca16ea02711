package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
	"github.com/hotso/hotso/host/watch"
)

// limit bounds every wait; no test gets near it unless it fails.
const limit = 30 * time.Second

const poll = 5 * time.Millisecond

// A running server listens on a port of loopback.
type running struct {
	*server.Server
	t    testing.TB
	url  string
	stop func() error // ends Serve and returns its error; safe to call twice

	stopped func() error // waits for Serve to end by itself

	mu     sync.Mutex
	events []server.Event
}

// all have the same settings.
func all(s server.Settings) func(string) server.Settings {
	return func(string) server.Settings { return s }
}

func options(opts ...host.Option) func(string) server.Settings {
	return all(server.Settings{Options: opts})
}

// token is borne by all requests that do not say otherwise.
const token = "letmein"

func start(t testing.TB, conf server.Config) *running {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	r := &running{t: t, url: "http://" + l.Addr().String()}
	conf.OnEvent = func(e server.Event) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.events = append(r.events, e)
	}
	if conf.Token == "" {
		conf.Token = token
	}
	conf.Watch = append(conf.Watch, watch.WithPatience(300*time.Millisecond), watch.WithSettle(10*time.Millisecond))
	r.Server = server.New(conf)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Serve(ctx, l) }()
	r.stopped = sync.OnceValue(func() error {
		select {
		case err := <-done:
			return err
		case <-time.After(limit):
			return fmt.Errorf("the server did not end within %v", limit)
		}
	})
	r.stop = func() error {
		cancel()
		http.DefaultClient.CloseIdleConnections()
		return r.stopped()
	}
	t.Cleanup(func() { _ = r.stop() })
	return r
}

// serving starts a server for one library and waits until it serves.
func serving(t *testing.T, library string) *running {
	r := start(t, server.Config{Dirs: []string{filepath.Dir(library)}, MaxBody: 1 << 16})
	r.await(host.Serving, "")
	return r
}

// await waits until there was an event of that state, and of that version if
// one is given.
func (r *running) await(state host.State, version string) server.Event {
	r.t.Helper()
	var found server.Event
	require.Eventually(r.t, func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, e := range r.events {
			if e.State == state && (version == "" || e.Version == version) {
				found = e
				return true
			}
		}
		return false
	}, limit, poll, "no event %s %s", state, version)
	return found
}

// states are those of all events.
func (r *running) states() (states []host.State) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.events {
		states = append(states, e.State)
	}
	return states
}

func (r *running) count(state host.State) (n int) {
	for _, s := range r.states() {
		if s == state {
			n++
		}
	}
	return n
}

func (r *running) do(method, path, body string, header ...string) (status int, answer string, h http.Header) {
	r.t.Helper()
	req, err := http.NewRequest(method, r.url+path, strings.NewReader(body))
	require.NoError(r.t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(r.t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	require.NoError(r.t, err)
	return resp.StatusCode, strings.TrimSpace(string(b)), resp.Header
}

// entry is the last one of a file in GET /versions.
func (r *running) entry(file string) (last server.Version) {
	r.t.Helper()
	status, body, _ := r.do("GET", "/versions", "")
	require.Equal(r.t, http.StatusOK, status)
	var v server.Versions
	require.NoError(r.t, json.Unmarshal([]byte(body), &v))
	for _, info := range v.Versions {
		if filepath.Base(info.File) == file {
			last = info
		}
	}
	return last
}

// deploy renames a copy of a library into dir.
func deploy(t *testing.T, dir, library string) {
	b, err := os.ReadFile(library)
	require.NoError(t, err)
	write(t, dir, filepath.Base(library), b)
}

func write(t *testing.T, dir, base string, content []byte) {
	temp := filepath.Join(dir, ".new")
	require.NoError(t, os.WriteFile(temp, content, 0o755))
	require.NoError(t, os.Rename(temp, filepath.Join(dir, base)))
}
