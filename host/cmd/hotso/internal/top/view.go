package top

import (
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/hotso/hotso/host/cmd/hotso/internal/printable"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
)

const margin = " " // at the left of all

// View draws the model: as many lines as the terminal has, none longer than it.
func (m *model) View() tea.View {
	v := tea.NewView(strings.Join(m.lines(), "\n"))
	v.AltScreen = true
	return v
}

func (m *model) lines() []string {
	var body []string
	if m.page == overview {
		body = m.overview(m.room())
	} else {
		body = m.pageLines()
		body = body[min(m.scroll, max(len(body)-m.room(), 0)):]
	}
	lines := append([]string{m.head(), m.notice()}, body[:min(len(body), m.room())]...)
	foot := m.foot()
	for len(lines) < m.height-len(foot) {
		lines = append(lines, "")
	}
	lines = append(lines[:max(m.height-len(foot), 0)], foot...)
	lines = lines[len(lines)-m.height:]
	for i, line := range lines {
		lines[i] = ansi.Truncate(margin+line, m.width, "…")
	}
	return lines
}

// room is how many lines are between head and foot.
func (m *model) room() int { return max(m.height-2-len(m.foot()), 0) }

// head says which server it is, and whether it answers.
func (m *model) head() string {
	var names []string
	for _, l := range m.snapshot.Libraries {
		text := printable.Line(l.Name)
		switch {
		case l.Name == "":
			text = "no library yet"
		case l.Serving == "":
			text += ": none serves"
		default:
			text = printable.Label(l.Name, l.Serving) + " serves"
		}
		names = append(names, text)
	}
	what := strings.Join(names, ", ")
	if len(names) != 1 {
		what = plural(len(names), "library", "libraries")
	}
	left := bold.Render("hotso top") + "  " + printable.Line(m.snapshot.Server) + "  " + faint.Render(what)
	at := m.now().Local().Format(time.TimeOnly)
	right := good.Render("live") + "  " + at
	if m.lost != nil {
		right = bad.Render("connection lost at " + at + ", trying again")
	}
	width := m.width - 2*len(margin)
	left = ansi.Truncate(left, max(width-lipgloss.Width(right)-gap, 0), "…")
	return left + strings.Repeat(" ", max(width-lipgloss.Width(left)-lipgloss.Width(right), 0)) + right
}

// notice is what is not as it should be.
func (m *model) notice() string {
	if m.lost != nil {
		return bad.Render(explain(m.lost))
	}
	for _, l := range m.snapshot.Libraries {
		if l.Waiting > 0 {
			return careful.Render(fmt.Sprintf("%s of %s for a version to take over", plural(int(l.Waiting), "call waits", "calls wait"), printable.Line(l.Name)))
		}
	}
	return ""
}

const footLines = 3 // at most: what went wrong may be long, and is to be read

// foot is what is asked or was said, or else the keys.
func (m *model) foot() []string {
	switch {
	case m.asked != nil:
		return []string{question.Render(m.asked.question) + "  y/n"}
	case m.filtering:
		return []string{"/" + m.filter + "█"}
	case m.running != nil:
		return []string{careful.Render(m.running.under + "…")}
	case m.said != "":
		style := good
		if m.failed {
			style = bad
		}
		lines := wrap(m.said, m.width-2*len(margin))
		for i, line := range lines {
			lines[i] = style.Render(line)
		}
		return lines[:min(len(lines), footLines)]
	}
	return []string{m.keys()}
}

// keys are those that do something now.
func (m *model) keys() string {
	deploy := []string{"r rollback"}
	if l, ok := m.library(); ok && l.Canary != "" {
		deploy = append(deploy, "p promote", "a abort")
	}
	keys := slices.Concat([]string{"enter details"}, deploy, []string{"/ filter", "? help", "q quit"})
	switch {
	case m.page != overview:
		keys = slices.Concat([]string{"esc back"}, deploy, []string{"q quit"})
		if n, room := len(m.pageLines()), max(m.height-3, 0); n > room {
			keys = slices.Insert(keys, 1, fmt.Sprintf("j/k scroll, lines %d to %d of %d", m.scroll+1, min(m.scroll+room, n), n))
		}
	case m.filter != "":
		keys = append([]string{"filter: " + m.filter, "esc show all"}, keys...)
	}
	return faint.Render(strings.Join(keys, "   "))
}

// overview is charts, versions and events, as far as there is room: the versions come first.
func (m *model) overview(room int) (lines []string) {
	rows := m.rows()
	l, _ := m.library()
	if c := m.charts(l, room); room >= len(c)+8 {
		lines = append(lines, c...)
		lines = append(lines, "")
	}
	room -= len(lines)
	versions := m.versions(rows, room)
	lines = append(lines, versions...)
	if room -= len(versions); room >= 4 {
		lines = append(lines, "")
		lines = append(lines, m.lastEvents(room-1)...)
	}
	return lines
}

// charts are those of a library, below its name if there are others.
func (m *model) charts(l Library, room int) []string {
	c := charts(l, m.events, m.now(), m.width-2*len(margin), min(max((room-12)/6, 1), 4))
	if len(m.snapshot.Libraries) > 1 && len(c) > 0 {
		c = append([]string{bold.Render(printable.Line(l.Name))}, c...)
	}
	return c
}

// versions is the table, with the selected version in sight, and below it why that is as it is.
func (m *model) versions(rows []row, room int) []string {
	if len(rows) == 0 {
		return []string{faint.Render(m.noRows())}
	}
	t := newTable(rows, m.now(), m.width-2*len(margin)-gap, len(m.snapshot.Libraries) > 1)
	below := m.below(&t)
	visible := min(len(rows), max(room-2-len(below)-min(room/3, 8), 1))
	at := max(indexOf(rows, m.selected), 0)
	first := min(max(at-visible/2, 0), len(rows)-visible)
	lines := []string{"  " + faint.Render(t.head())}
	for i, r := range rows[first : first+visible] {
		cursor := "  "
		if first+i == at {
			cursor = bold.Render("› ")
		}
		lines = append(lines, cursor+t.line(r, m.now(), first+i == at))
	}
	if hidden := len(rows) - visible; hidden > 0 {
		lines = append(lines, faint.Render(fmt.Sprintf("  %d of %d", visible, len(rows))))
	}
	return append(lines, below...)
}

func (m *model) noRows() string {
	if m.filter != "" {
		return fmt.Sprintf("no version has %q; esc shows all", m.filter)
	}
	return "no version yet: build one into the server's directory"
}

// below is the reason of the selected version, if the table has no room for it.
func (m *model) below(t *table) []string {
	r, ok := m.current()
	if !ok {
		return nil
	}
	text := why(r)
	if text == "" {
		return nil
	}
	if t.hasWhy() && lipgloss.Width(text) <= t.widths[len(t.widths)-1] {
		return nil
	}
	return []string{faint.Render("  v" + printable.Line(r.version.Version.Version) + ": " + text)}
}

// lastEvents are those that people want to know, the newest last.
func (m *model) lastEvents(room int) []string {
	var shown []server.Event
	for _, e := range m.events {
		if _, ok := ofState[e.State]; ok && m.matches(e.Name, "v"+e.Version, string(e.State), e.Detail, e.File) {
			shown = append(shown, e)
		}
	}
	shown = shown[max(len(shown)-(room-1), 0):]
	names, states := 0, 0
	for _, e := range shown {
		names = max(names, lipgloss.Width(printable.Label(e.Name, e.Version)))
		states = max(states, lipgloss.Width(string(e.State)))
	}
	lines := []string{faint.Render("events")}
	for _, e := range shown {
		lines = append(lines, strings.TrimRight(fmt.Sprintf("%s  %s  %s  %s", faint.Render(clock(e.Time, m.now())),
			fit(printable.Label(e.Name, e.Version), min(names, 24)), styleOf(e.State).Render(fit(printable.Line(string(e.State)), states)), detail(e)), " "))
	}
	if len(shown) == 0 {
		lines = append(lines, faint.Render("none"))
	}
	return lines
}

// detail is the first line of what is said of an event.
func detail(e server.Event) string {
	text, _, _ := strings.Cut(happened(e), "\n")
	style := plain
	if e.Detail == "" {
		style = faint
	}
	return style.Render(printable.Line(text))
}
