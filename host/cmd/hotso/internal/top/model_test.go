package top

import (
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
)

// results runs what a key has begun, as package tea does, and returns the messages.
func results(cmd tea.Cmd) (msgs []tea.Msg) {
	if cmd == nil {
		return nil
	}
	msg := cmd()
	if batch, ok := msg.(tea.BatchMsg); ok {
		for _, c := range batch {
			msgs = append(msgs, results(c)...)
		}
		return msgs
	}
	return append(msgs, msg)
}

// A deployment is made after y, and after nothing else.
func TestDeployments(t *testing.T) {
	f := newFake(t)
	s, events := several()
	m := modelOf(s, events, 100, 30)
	m.server, m.ctx = f.server(), t.Context()
	defer m.server.HTTP.CloseIdleConnections()

	for _, no := range []string{"n", "esc", "enter", "q"} {
		assert.Nil(t, press(m, "r", no), no)
		assert.Equal(t, "not done", m.said)
	}
	assert.Empty(t, f.requests())

	for _, c := range []struct {
		key, question, path string
		answer              any
		says                string
	}{
		{"r", "Roll greeter back from v2 to the version before?", "/rollback/greeter", host.Swap{Version: "1"}, "greeter v1 serves again"},
		{"p", "Promote greeter v3: have it serve all calls?", "/promote/greeter", host.Swap{Version: "3"}, "greeter v3 serves"},
		{"a", "Abort greeter v3: have it serve no calls?", "/abort/greeter", host.Report{Version: "3", State: host.Unloaded}, "greeter v3 is aborted, and unloaded"},
		{"r", "Roll greeter back from v2 to the version before?", "/rollback/greeter", "no version before this one", "no version before this one (hotso help errors/none-before)"},
	} {
		f.set("POST "+c.path, c.answer)
		press(m, c.key)
		assert.Contains(t, screen(m), c.question)
		cmd := press(m, "y")
		require.NotNil(t, cmd)
		assert.Contains(t, screen(m), m.running.under+"…")
		press(m, "r")
		assert.Contains(t, m.said, "wait for it", "one at a time")
		for _, msg := range results(cmd) {
			m.Update(msg)
		}
		assert.Equal(t, []string{"POST " + c.path + " Bearer secret"}, f.requests())
		assert.Contains(t, screen(m), c.says)
		press(m, "j", "k")
		assert.NotContains(t, screen(m), c.says, "until a key is pressed")
	}

	press(m, "end", "p")
	assert.Equal(t, "no canary of shop runs", m.said)
	m.look(Snapshot{})
	press(m, "r")
	assert.Equal(t, "there is no library yet", m.said)
}

// The selection is what is first until the user has chosen, then it stays on that version wherever it goes.
func TestSelection(t *testing.T) {
	s, events := sample()
	m := modelOf(s, events, 100, 30)
	versions := s.Libraries[0].Versions
	reversed := func() Snapshot {
		next := s
		next.Libraries = []Library{s.Libraries[0]}
		next.Libraries[0].Versions = []Version{versions[3], versions[2], versions[1], versions[0]}
		return next
	}
	selected := func() string { return m.selected.version }
	assert.Equal(t, "2", selected())
	m.look(reversed())
	assert.Equal(t, "1", selected())
	m.look(s)
	press(m, "down", "j", "k")
	assert.Equal(t, "3", selected())
	m.look(reversed())
	assert.Equal(t, "3", selected())
	press(m, "end", "down")
	assert.Equal(t, "2", selected())
	press(m, "home")
	assert.Equal(t, "1", selected())
	gone := reversed()
	gone.Libraries[0].Versions = gone.Libraries[0].Versions[1:]
	m.look(gone)
	assert.Equal(t, "4", selected(), "the first, as the chosen one is gone")
}

func TestFilter(t *testing.T) {
	s, events := sample()
	m := modelOf(s, events, 100, 30)
	press(m, "/", "R", "e", "f", "x", "backspace")
	assert.Len(t, m.rows(), 1)
	assert.Equal(t, "4", m.selected.version)
	assert.NotContains(t, screen(m), "greeter v3", "events, too")
	press(m, "enter")
	assert.Contains(t, screen(m), "filter: Ref")
	press(m, "esc")
	assert.Len(t, m.rows(), 4)
	press(m, "/", "q", "?", "r")
	assert.Equal(t, "q?r", m.filter, "no commands")
	assert.Contains(t, screen(m), `no version has "q?r"; esc shows all`)
	press(m, "esc")
	assert.Empty(t, m.filter)
}

func TestPages(t *testing.T) {
	s, events := sample()
	m := modelOf(s, events, 80, 12)
	press(m, "enter")
	assert.Contains(t, screen(m), "greeter v2\n")
	before := screen(m)
	press(m, "end")
	assert.NotEqual(t, before, screen(m), "it scrolls")
	press(m, "home", "?")
	assert.Contains(t, screen(m), "Keys")
	press(m, "?")
	assert.Equal(t, overview, m.page)
	press(m, "enter", "enter")
	assert.Equal(t, overview, m.page)
	for _, quit := range []string{"q", "ctrl+c"} {
		assert.Equal(t, []tea.Msg{tea.QuitMsg{}}, results(press(m, quit)))
	}
	press(m, "r")
	assert.Equal(t, []tea.Msg{tea.QuitMsg{}}, results(press(m, "ctrl+c")), "also instead of an answer")
}

// Events that are heard again after the connection was lost are known.
func TestEventsAreHeardOnce(t *testing.T) {
	s, events := sample()
	m := modelOf(s, events, 80, 24)
	m.Update(heard{events})
	assert.Len(t, m.events, len(events))
	again := events[0] // the same number, of another process
	again.Time = again.Time.Add(time.Hour)
	m.Update(heard{[]server.Event{again}})
	assert.Len(t, m.events, len(events)+1)
}

// What the stream of events leaves out is asked for when it is to be seen.
func TestMoreOfEvents(t *testing.T) {
	f := newFake(t)
	s, events := several()
	m := modelOf(s, events, 100, 60)
	m.server, m.ctx = f.server(), t.Context()
	defer m.server.HTTP.CloseIdleConnections()
	f.set("GET /event/6", map[string]any{"id": 6, "crash": host.Crash{Message: "panic: boom\n\ngoroutine 7 [running]:\n\tmain.explode()"},
		"report": host.Report{State: host.Unloaded, Reason: "none"}})
	press(m, "end")
	for _, msg := range results(press(m, "enter")) {
		m.Update(msg)
	}
	assert.Contains(t, screen(m), "goroutine 7 [running]:\n                   main.explode()")
	assert.Contains(t, screen(m), "Last unload")
	assert.Empty(t, results(m.askMore()), "once")
	assert.Len(t, f.requests(), 1)
}
