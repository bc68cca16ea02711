package live_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/cmd/hotso/internal/live"
)

// A page reads the stream.
type page struct {
	t  *testing.T
	in *bufio.Scanner
}

type told struct{ Serial, Error string }

func open(t *testing.T, url string, header ...string) (*page, *http.Response) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", url+live.Events, nil)
	require.NoError(t, err)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	t.Cleanup(func() { resp.Body.Close() })
	require.Equal(t, http.StatusOK, resp.StatusCode)
	require.Equal(t, "text/event-stream", resp.Header.Get("Content-Type"))
	return &page{t, bufio.NewScanner(resp.Body)}, resp
}

// next is the next state; false at the end of the stream.
func (p *page) next() (s told, ok bool) {
	p.t.Helper()
	for p.in.Scan() {
		if data, found := strings.CutPrefix(p.in.Text(), "data: "); found {
			require.NoError(p.t, json.Unmarshal([]byte(data), &s))
			return s, true
		}
	}
	return s, false
}

// Whoever comes learns what is, and what changes.
func TestStream(t *testing.T) {
	hub := live.NewHub()
	server := httptest.NewServer(hub)
	defer server.Close()
	hub.Serves()
	early, _ := open(t, server.URL)
	first, _ := early.next()
	assert.Empty(t, first.Error)

	hub.Fails("main.go:3: </script>\x1b[1m")
	failed, _ := early.next()
	assert.Equal(t, first.Serial, failed.Serial, "what served still does")
	assert.Contains(t, failed.Error, "main.go:3: </script>")

	late, _ := open(t, server.URL)
	same, _ := late.next()
	assert.Equal(t, failed, same)

	hub.Serves()
	for _, p := range []*page{early, late} {
		served, _ := p.next()
		assert.NotEqual(t, first.Serial, served.Serial)
		assert.Empty(t, served.Error)
	}

	other := live.NewHub() // after a restart: the serial is another one, though nothing has served yet
	again := httptest.NewServer(other)
	defer again.Close()
	fresh, _ := open(t, again.URL)
	begun, _ := fresh.next()
	assert.NotEqual(t, first.Serial, begun.Serial)

	hub.Close()
	hub.Close()
	hub.Serves()
	for ok := true; ok; {
		_, ok = early.next()
	}
	other.Close()
}

// Only this machine may know: pages of other servers on it may read it, and nobody else.
func TestWhoMayAsk(t *testing.T) {
	hub := live.NewHub()
	defer hub.Close()
	for _, c := range []struct {
		host, origin string
		status       int
	}{
		{"127.0.0.1:8080", "", 200},
		{"localhost", "", 200},
		{"[::1]:8080", "", 200},
		{"shop.localhost:8080", "", 200},
		{"127.0.0.1:8080", "http://localhost:3000", 200},
		{"127.0.0.1:8080", "https://127.0.0.1:3000", 200},
		{"127.0.0.1:8080", "http://[::1]:3000", 200},
		{"evil.example:8080", "", 403}, // its name resolves to loopback
		{"evil.example:8080", "http://evil.example:8080", 403},
		{"127.0.0.1:8080", "http://evil.example", 403},
		{"127.0.0.1:8080", "http://localhost.evil.example", 403},
		{"127.0.0.1:8080", "http://192.168.0.7", 403},
		{"127.0.0.1:8080", "null", 403}, // a file, or a sandboxed frame
	} {
		for _, path := range []string{live.Script, live.Events} {
			r := httptest.NewRequest("HEAD", path, nil)
			r.Host = c.host
			if c.origin != "" {
				r.Header.Set("Origin", c.origin)
			}
			w := httptest.NewRecorder()
			hub.ServeHTTP(w, r)
			assert.Equal(t, c.status, w.Code, "%v %s", c, path)
			allowed := w.Header().Get("Access-Control-Allow-Origin")
			if c.status == 200 {
				assert.Equal(t, c.origin, allowed)
				assert.Equal(t, "Origin", w.Header().Get("Vary"))
			} else {
				assert.Empty(t, allowed)
			}
		}
	}
	r := httptest.NewRequest("POST", live.Script, nil)
	r.Host = "localhost"
	w := httptest.NewRecorder()
	hub.ServeHTTP(w, r)
	assert.Equal(t, http.StatusMethodNotAllowed, w.Code)
}

func TestScript(t *testing.T) {
	hub := live.NewHub()
	defer hub.Close()
	server := httptest.NewServer(hub)
	defer server.Close()
	resp, err := http.Get(server.URL + live.Script)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	assert.Equal(t, "text/javascript; charset=utf-8", resp.Header.Get("Content-Type"))
	assert.Contains(t, string(body), live.Events)
	resp, err = http.Get(server.URL + "/other")
	require.NoError(t, err)
	defer resp.Body.Close()
	assert.Equal(t, http.StatusNotFound, resp.StatusCode)
}
