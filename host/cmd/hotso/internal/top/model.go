package top

import (
	"context"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/hotso/hotso/host/cmd/hotso/internal/printable"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
)

const eventsKept = 512

// What is shown besides the head and the last line.
type page int

const (
	overview page = iota
	details       // of a version
	help
)

// A model is what the view is made of. It is changed by Update only.
type model struct {
	ctx    context.Context // of deployments
	server *Server

	width, height int
	snapshot      Snapshot
	lost          error // why the server does not answer, since then
	events        []server.Event
	more          map[eventID]more // what is known of events besides

	page     page
	selected key
	chosen   bool // by the user: the selection stays on it
	scroll   int  // lines, of details and help

	filter    string
	filtering bool    // keys go to the filter
	asked     *action // that is to be confirmed
	running   *action
	said      string // what became of the last one
	failed    bool   // it is an error
}

func newModel(ctx context.Context, s *Server, first Snapshot) *model {
	m := &model{ctx: ctx, server: s, width: 80, height: 24, more: map[eventID]more{}}
	m.look(first)
	return m
}

func (m *model) Init() tea.Cmd { return nil }

func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case looked:
		if m.lost = msg.err; msg.err == nil {
			m.look(msg.snapshot)
		}
	case heard:
		m.hear(msg.events)
		return m, m.askMore()
	case more:
		m.more[msg.of] = msg
	case done:
		m.running = nil
		m.said, m.failed = msg.text, msg.err != nil
		if msg.err != nil {
			m.said = explain(msg.err)
		}
	case tea.KeyPressMsg:
		return m, m.press(msg)
	case tea.PasteMsg:
		if m.filtering {
			m.filter += printable.Line(msg.Content)
		}
	}
	return m, nil
}

// look takes a snapshot. The selection is the first version, until the user has chosen one that is still there.
func (m *model) look(s Snapshot) {
	m.snapshot = s
	if rows := m.rows(); len(rows) > 0 && (!m.chosen || indexOf(rows, m.selected) < 0) {
		m.selected, m.chosen = rows[0].key(), false
	}
}

// hear takes events, some of which it may have.
func (m *model) hear(events []server.Event) {
	for _, e := range events {
		if m.server.Only != "" && e.Name != m.server.Only {
			continue
		}
		if slices.ContainsFunc(m.events, func(o server.Event) bool { return o.ID == e.ID && o.Time.Equal(e.Time) }) {
			continue
		}
		m.events = append(m.events, e)
	}
	m.events = m.events[max(len(m.events)-eventsKept, 0):]
}

// rows are the versions that the filter lets through.
func (m *model) rows() (rows []row) {
	for i := range m.snapshot.Libraries {
		l := &m.snapshot.Libraries[i]
		for j := range l.Versions {
			v := &l.Versions[j]
			if m.matches(l.Name, "v"+v.Version.Version, string(v.State), v.Reason, v.File) {
				rows = append(rows, row{l, v})
			}
		}
	}
	return rows
}

// matches reports whether the filter, as people type it, is in one of the texts.
func (m *model) matches(texts ...string) bool {
	for _, text := range texts {
		if strings.Contains(strings.ToLower(printable.Line(text)), strings.ToLower(m.filter)) {
			return true
		}
	}
	return false
}

func indexOf(rows []row, k key) int {
	return slices.IndexFunc(rows, func(r row) bool { return r.key() == k })
}

// current is the selected version.
func (m *model) current() (row, bool) {
	rows := m.rows()
	if i := indexOf(rows, m.selected); i >= 0 {
		return rows[i], true
	}
	return row{}, false
}

// library is the one that the charts and the deployments are for: that of the selected version.
func (m *model) library() (Library, bool) {
	for _, l := range m.snapshot.Libraries {
		if l.Name == m.selected.library {
			return l, true
		}
	}
	if len(m.snapshot.Libraries) > 0 {
		return m.snapshot.Libraries[0], true
	}
	return Library{}, false
}

// now is by the clock of the server.
func (m *model) now() time.Time { return m.snapshot.Time }
