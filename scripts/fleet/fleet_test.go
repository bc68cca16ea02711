//go:build linux && (amd64 || arm64)

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// good is a summary in which all promises are kept.
func good() *summary {
	calls := counted{All: 100, Answered: map[string]int{"1": 100}}
	s := &summary{Hosts: 150, Poll: 3 * time.Second, Quiet: quiet{Requests: 490, PerHost: 1.09, Calls: calls}, Blobs: fetch{4, 1}}
	for _, a := range acts {
		r := rolledOut{Version: a.version, Bad: a.bad, State: "aborted", Ran: 2, Tried: 2, Settled: time.Second, Calls: calls, act: a, Steps: []step{{1, 2, time.Second}}}
		switch a.version {
		case "2":
			r.State, r.Ran = "done", 150
		case "3":
			r.Calls.Failed = map[string]int{"3": 5}
		case "4":
			r.Ran = 0
		}
		s.Rollouts = append(s.Rollouts, r)
	}
	return s
}

// Each promise is broken by what it is about.
func TestPromises(t *testing.T) {
	s := good()
	s.judge()
	require.True(t, s.Kept, "%+v", s.Promises)
	for name, breaks := range map[string]func(*summary){
		"at most 1.2 requests":     func(s *summary) { s.Quiet.PerHost = 1.21 },
		"at most 1.2 requests per": func(s *summary) { s.Quiet.Requests, s.Quiet.PerHost = 0, 0 },
		"while nothing changes":    func(s *summary) { s.Quiet.Calls.Failed = map[string]int{"1": 1} },
		"of its last step":         func(s *summary) { s.Rollouts[0].Settled = 10 * time.Second },
		"v2 is on all":             func(s *summary) { s.Rollouts[0].Settled = -1 },
		"v2 is on all hosts":       func(s *summary) { s.Rollouts[0].State = "aborted" },
		"in the rollout of v2":     func(s *summary) { s.Rollouts[0].Calls.Failed = map[string]int{"": 1} },
		"is stopped at 10 %":       func(s *summary) { s.Rollouts[1].State = "done" },
		"stopped at 10 % or before": func(s *summary) {
			s.Rollouts[1].Steps = append(s.Rollouts[1].Steps, step{Percent: 50})
		},
		"at most 10 % of the hosts": func(s *summary) { s.Rollouts[1].Ran = 16 },
		"v3 is taken back":          func(s *summary) { s.Rollouts[1].Settled = -1 },
		"but those that v3 answers": func(s *summary) { s.Rollouts[1].Calls.Failed["2"] = 1 },
		"v4 reaches no call":        func(s *summary) { s.Rollouts[2].Calls.Answered = map[string]int{"4": 1} },
		"and none fails":            func(s *summary) { s.Rollouts[2].Calls.Failed = map[string]int{"2": 1} },
		"v4 reaches no":             func(s *summary) { s.Rollouts[2].Tried = 0 },
		"fetched once":              func(s *summary) { s.Blobs.Most = 2 },
		"no host ends":              func(s *summary) { s.Died = 1 },
	} {
		s := good()
		breaks(s)
		s.judge()
		assert.False(t, s.Kept, name)
		broken := ""
		for _, p := range s.Promises {
			if !p.Kept {
				broken += p.What + "\n"
			}
		}
		assert.Contains(t, broken, name)
		var text bytes.Buffer
		require.NoError(t, s.write(&text, false))
		assert.Contains(t, text.String(), "BROKEN")
	}
	var text bytes.Buffer
	require.NoError(t, s.write(&text, true))
	var again summary
	require.NoError(t, json.Unmarshal(text.Bytes(), &again))
	assert.True(t, again.Kept)
}

// What moves the channel is read on its way, and arrives as it was.
func TestProxy(t *testing.T) {
	const index = `{"annotations":{"io.github.hotso.rollout":"{\"version\":\"2\",\"steps\":[1,100],\"step\":1,\"state\":\"running\",\"decision\":{\"what\":\"advance\"}}"}}`
	var got string
	registry := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var b bytes.Buffer
		_, _ = b.ReadFrom(r.Body)
		got += b.String()
	}))
	defer registry.Close()
	p, err := newProxy(strings.TrimPrefix(registry.URL, "http://"))
	require.NoError(t, err)
	defer p.close()
	var seen []decision
	p.onDecision(func(d decision) { seen = append(seen, d) })
	for _, request := range [][3]string{{"PUT", "/v2/a/manifests/stable", index}, {"PUT", "/v2/a/manifests/2", index}, {"HEAD", "/v2/a/manifests/stable", ""},
		{"GET", "/v2/a/blobs/x", ""}, {"GET", "/v2/a/blobs/x", ""}, {"GET", "/v2/a/blobs/y", ""}, {"HEAD", "/v2/a/blobs/z", ""}} {
		r, err := http.NewRequest(request[0], "http://"+p.addr+request[1], strings.NewReader(request[2]))
		require.NoError(t, err)
		resp, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
	}
	http.DefaultClient.CloseIdleConnections()
	assert.Equal(t, index+index, got)
	require.Len(t, seen, 1)
	assert.Equal(t, "advance", seen[0].Decision.What)
	assert.Equal(t, []float64{1, 100}, seen[0].Steps)
	assert.Equal(t, 7, p.count())
	assert.Equal(t, fetch{2, 2}, p.blobs())
}

func TestCells(t *testing.T) {
	cells := []cell{{"1", false}, {"2", false}, {"", false}, {"2", true}, {"1", false}}
	lines := rows(cells, 3)
	require.Len(t, lines, 2)
	for i, want := range []string{"12.", "x1"} {
		at := 0
		for _, c := range want {
			next := strings.IndexRune(lines[i][at:], c)
			require.GreaterOrEqual(t, next, 0, "%q in %q", c, lines[i])
			at += next + 1
		}
	}
	assert.Contains(t, bar{name: "1 %", n: 1, of: 150, note: "1 hosts"}.line(10), "█░░░░░░░░░")
}

// A child that does not want to end is ended, with what it has started.
func TestChildren(t *testing.T) {
	c := newChildren()
	cmd := exec.Command("sh", "-c", "trap '' TERM; sleep 600 & echo $!; wait; wait")
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	first := make(chan string, 1)
	ch, err := c.start(cmd, func() {
		b := make([]byte, 20)
		n, _ := out.Read(b)
		first <- strings.TrimSpace(string(b[:n]))
	})
	require.NoError(t, err)
	grandchild := <-first
	ch.end(50 * time.Millisecond)
	assert.True(t, ch.hasEnded())
	assert.Eventually(t, func() bool { _, err := os.Stat("/proc/" + grandchild); return err != nil }, time.Minute, 10*time.Millisecond)

	said, err := c.run(t.Context(), exec.Command("sh", "-c", "echo out; echo err >&2; exit 3"))
	assert.Equal(t, "out\nerr\n", string(said))
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	assert.Equal(t, 3, exit.ExitCode())
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = c.run(stopped, exec.Command("sleep", "600"))
	assert.ErrorIs(t, err, context.Canceled)
	c.close()
}
