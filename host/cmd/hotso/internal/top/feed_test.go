package top

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/history"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
)

func oneServes(name string, calls, errors int64) server.Versions {
	v := versionOf(1, "1", host.Serving, time.Hour, "")
	v.Calls, v.Errors = calls, errors
	return server.Versions{Name: name, Serving: "1", Versions: []server.Version{v}}
}

// A server that keeps a history is asked for what is new in it.
func TestHistory(t *testing.T) {
	f := newFake(t)
	s := f.server()
	defer s.HTTP.CloseIdleConnections()
	f.set("GET /versions", oneServes("greeter", 10, 1))
	now := time.Now().Add(time.Hour) // by its clock
	past := func(seconds ...int) map[string]any {
		samples := []history.Sample{}
		for _, s := range seconds {
			samples = append(samples, history.Sample{Time: now.Add(time.Duration(s) * time.Second).UnixMilli(), Waiting: 2,
				Versions: []history.Rate{{Seq: 1, Version: "1", Calls: 10, Failed: 5, P50: 1000, P99: int64(2000 - s)}}})
		}
		return map[string]any{"name": "greeter", "now": now.UnixMilli(), "step": 1, "samples": samples}
	}
	f.set("GET /history", past(-60, -2, -1))
	feed := newFeed(s)
	got, err := feed.look(t.Context())
	require.NoError(t, err)
	require.Len(t, got.Libraries, 1)
	l := got.Libraries[0]
	assert.WithinDuration(t, now, got.Time, 30*time.Minute, "it is the server's time")
	assert.Equal(t, "greeter", l.Name)
	assert.EqualValues(t, 2, l.Waiting)
	assert.True(t, l.timed)
	assert.Len(t, l.points, 3)
	assert.Equal(t, Rate{Calls: 4, Errors: 2, P50: 1000, P99: 2001}, l.Versions[0].Rate)

	f.requests()
	f.set("GET /history", past(0))
	got, err = feed.look(t.Context())
	require.NoError(t, err)
	assert.Len(t, got.Libraries[0].points, 4)
	assert.Len(t, l.points, 3, "a snapshot does not change")
	asked := f.requests()
	assert.Len(t, asked, 2, "one library, as was known: %q", asked)
	assert.Contains(t, asked[1], "step=1&since="+strconv.FormatInt(now.Add(-time.Second).UnixMilli(), 10))

	f.set("GET /history", "there is no library yet")
	_, err = feed.look(t.Context())
	assert.NoError(t, err)
}

// An older server has counters only: rates are what came to them, and latencies are not known.
func TestCounters(t *testing.T) {
	s := &series{}
	at := func(second int, calls, errors int64) {
		v := oneServes("greeter", calls, errors)
		s.count(noon.Add(time.Duration(second)*time.Second), v.Name, v.Versions)
	}
	rate := func(second int) Rate {
		return s.rate(noon.Add(time.Duration(second)*time.Second), oneServes("greeter", 0, 0).Versions[0])
	}
	at(0, 1000, 10)
	assert.Zero(t, rate(0))
	at(1, 1100, 20)
	assert.Equal(t, Rate{Calls: 100, Errors: 10}, rate(1))
	at(2, 1100, 20)
	assert.Equal(t, Rate{Calls: 50, Errors: 5}, rate(2))
	at(60, 9100, 20)
	assert.Zero(t, rate(60), "nobody knows when these calls were")
	at(61, 5, 0)
	assert.Zero(t, rate(61), "another process")
	at(62, 15, 0)
	assert.Equal(t, Rate{Calls: 2}, rate(62))
	assert.False(t, s.timed)
	at(62+601, 15, 0)
	at(62+602, 16, 0)
	assert.Len(t, s.points, 1, "old ones go")
}

// Of several libraries each is asked by its name.
func TestLibraries(t *testing.T) {
	f := newFake(t)
	s := f.server()
	defer s.HTTP.CloseIdleConnections()
	f.set("GET /libraries", []map[string]string{{"name": "greeter"}, {"name": "shop"}})
	f.set("GET /versions/greeter", oneServes("greeter", 1, 0))
	shop := oneServes("shop", 1, 0)
	shop.Versions = append([]server.Version{versionOf(0, "0", server.Ignored, 0, "")}, append(shop.Versions, versionOf(2, "2", host.Refused, 0, ""), versionOf(3, "3", host.Canary, 0, ""))...)
	f.set("GET /versions/shop", shop)
	feed := newFeed(s)
	got, err := feed.look(t.Context())
	require.NoError(t, err)
	require.Len(t, got.Libraries, 2)
	assert.Equal(t, "/shop", got.Libraries[1].inPaths)
	var order []string
	for _, v := range got.Libraries[1].Versions {
		order = append(order, v.Version.Version)
	}
	assert.Equal(t, []string{"1", "3", "2", "0"}, order, "what answers first")

	m := newModel(t.Context(), s, got)
	s.Only = "shop"
	m.Update(heard{[]server.Event{{ID: 1, Event: host.Event{Name: "greeter"}}, {ID: 2, Event: host.Event{Name: "shop"}}}})
	assert.Len(t, m.events, 1)
	got, err = feed.look(t.Context())
	require.NoError(t, err)
	require.Len(t, got.Libraries, 1)
	assert.Equal(t, "shop", got.Libraries[0].Name)
	s.Only = "none"
	_, err = feed.look(t.Context())
	assert.EqualError(t, err, "fake has no library none")
	s.Only = ""

	f.set("GET /libraries", []map[string]string{{"name": "greeter"}})
	_, err = feed.look(t.Context())
	assert.ErrorContains(t, err, "nothing there", "it is asked without its name")
	f.set("GET /versions", oneServes("greeter", 1, 0))
	got, err = feed.look(t.Context())
	require.NoError(t, err)
	assert.Empty(t, got.Libraries[0].inPaths)
}

// What a feed sends: events, snapshots, and that the server is away. After it has ended nothing of it is left.
func TestFeed(t *testing.T) {
	f := newFake(t)
	f.events = sampleEvents()
	s := f.server()
	defer s.HTTP.CloseIdleConnections()
	f.set("GET /versions", oneServes("greeter", 1, 0))
	var mu sync.Mutex
	var events, snapshots, failures int
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		newFeed(s).run(ctx, func(msg tea.Msg) {
			mu.Lock()
			defer mu.Unlock()
			switch msg := msg.(type) {
			case heard:
				events += len(msg.events)
			case looked:
				if msg.err != nil {
					failures++
				} else {
					snapshots++
				}
			}
		})
	}()
	reaches := func(what func() bool) {
		t.Helper()
		require.Eventually(t, func() bool { mu.Lock(); defer mu.Unlock(); return what() }, time.Minute, 5*time.Millisecond)
	}
	reaches(func() bool { return events == len(f.events) && snapshots > 0 })
	f.set("GET /versions", "not now")
	reaches(func() bool { return failures > 0 })
	cancel()
	<-ended
}

// A stream of events that says nothing any more, not even that it is there, is given up.
func TestSilence(t *testing.T) {
	f := newFake(t)
	f.events = sampleEvents()
	s := f.server()
	defer s.HTTP.CloseIdleConnections()
	s.silence = time.Millisecond
	assert.ErrorIs(t, s.events(t.Context(), func(server.Event) {}), context.Canceled)
}

// Refusals of the server, and what is no server at all, say so.
func TestErrors(t *testing.T) {
	f := newFake(t)
	s := f.server()
	f.set("GET /versions", []int{1})
	_, err := newFeed(s).look(t.Context())
	assert.ErrorContains(t, err, "what fake says is no answer of hotso serve")
	s.HTTP.CloseIdleConnections()
	s.Base = "http://127.0.0.1:1"
	_, err = newFeed(s).look(t.Context())
	assert.ErrorContains(t, err, "no server at fake (start one with hotso serve): dial tcp")
	assert.True(t, slices.Contains(f.requests(), "GET /versions Bearer secret"))
}
