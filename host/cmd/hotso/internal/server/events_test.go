package server_test

import (
	"bufio"
	"encoding/json"
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

// A stream reads server-sent events.
type stream struct {
	t    testing.TB
	resp *http.Response
	in   *bufio.Scanner
}

func (r *running) stream(lastID string) *stream { return r.streamOf("/events", lastID) }

func (r *running) streamOf(path, lastID string) *stream {
	req, err := http.NewRequest("GET", r.url+path, nil)
	require.NoError(r.t, err)
	if lastID != "" {
		req.Header.Set("Last-Event-ID", lastID)
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(r.t, err)
	require.Equal(r.t, http.StatusOK, resp.StatusCode)
	require.Equal(r.t, "text/event-stream", resp.Header.Get("Content-Type"))
	r.t.Cleanup(func() { resp.Body.Close() })
	return &stream{r.t, resp, bufio.NewScanner(resp.Body)}
}

// next returns the next event, and false at the end of the stream.
func (s *stream) next() (e server.Event, ok bool) {
	fields := map[string]string{}
	for s.in.Scan() {
		line := s.in.Text()
		if line == "" && fields["data"] != "" {
			require.NoError(s.t, json.Unmarshal([]byte(fields["data"]), &e))
			require.Equal(s.t, string(e.State), fields["event"])
			return e, true
		}
		if name, value, ok := strings.Cut(line, ": "); ok {
			fields[name] = value
		}
	}
	require.NoError(s.t, s.in.Err())
	return e, false
}

func (s *stream) until(state host.State) (ids []int64) {
	for {
		e, ok := s.next()
		require.True(s.t, ok, "the stream ended before %s", state)
		ids = append(ids, e.ID)
		if e.State == state {
			return ids
		}
	}
}

func TestEvents(t *testing.T) {
	v1 := libtest.Greeter(t, "1")
	r := serving(t, v1)
	first := r.stream("") // everything from the beginning
	replayed := first.until(host.Serving)
	for i, id := range replayed {
		require.Equal(t, int64(i+1), id)
	}

	deploy(t, filepath.Dir(v1), libtest.Greeter(t, "2"))
	live := first.until(host.Unloaded)
	assert.Equal(t, replayed[len(replayed)-1]+1, live[0])

	second := r.stream("3") // goes on where somebody lost it
	assert.Equal(t, int64(4), second.until(host.Unloaded)[0])
	third := r.stream("999999") // of another process: everything again
	assert.Equal(t, int64(1), third.until(host.Unloaded)[0])

	status, body, _ := r.do("GET", "/events", "", "Last-Event-ID", "x")
	assert.Equal(t, http.StatusBadRequest, status)
	assert.Contains(t, body, "Last-Event-ID")

	require.NoError(t, r.stop(), "streams must not hold up the end")
	for {
		if _, ok := first.next(); !ok {
			break
		}
	}
}
