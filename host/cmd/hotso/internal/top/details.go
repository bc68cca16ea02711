package top

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"charm.land/lipgloss/v2"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/printable"
)

// pageLines are those of a page that is not the overview, all of them.
func (m *model) pageLines() []string {
	if m.page == help {
		return helpLines(m.width - 2*len(margin))
	}
	r, ok := m.current()
	if !ok {
		return []string{faint.Render("this version is gone")}
	}
	return m.details(r)
}

// A list has names in one column, and what is said of them in another, as wide as there is room.
type list struct {
	width int
	lines []string
}

const listNames = 14 // columns

// add says text, which may have several lines.
func (l *list) add(name, text string, style lipgloss.Style) {
	if text == "" {
		return
	}
	for line := range strings.Lines(text) {
		line = strings.ReplaceAll(strings.TrimRight(line, "\r\n"), "\t", "    ")
		for _, wrapped := range wrap(printable.Line(line), max(l.width-listNames, 20)) {
			l.lines = append(l.lines, faint.Render(fit(name, listNames))+style.Render(wrapped))
			name = ""
		}
	}
}

func (l *list) heading(text string) { l.lines = append(l.lines, "", bold.Render(text)) }

// details are all that is known of a version.
func (m *model) details(r row) []string {
	v := r.version
	l := list{width: m.width - 2*len(margin)}
	l.lines = append(l.lines, bold.Render(printable.Label(r.library.Name, v.Version.Version)), "")
	state := printable.Line(string(v.State))
	if !v.Since.IsZero() {
		state += fmt.Sprintf(" since %s (%s)", v.Since.Local().Format(time.DateTime), age(m.now().Sub(v.Since)))
	}
	l.add("state", state, styleOf(v.State))
	l.add("why", v.Reason, plain)
	if v.Page != "" {
		l.add("help", "hotso help "+v.Page, plain)
	}
	l.add("file", v.File, plain)
	l.add("share", share(*v), plain)
	l.add("keys", strings.Join(v.Keys, ", "), plain)
	l.add("calls", fmt.Sprintf("%d, of which %d failed; %d inside", v.Calls, v.Errors, v.InFlight), plain)
	if answers(v.State) {
		l.add("now", fmt.Sprintf("%s calls/s, %s errors/s", count(v.Rate.Calls), count(v.Rate.Errors)), plain)
	}
	if v.Rate.P99 > 0 {
		l.add("latency", fmt.Sprintf("p50 %s, p99 %s", latency(v.Rate.P50), latency(v.Rate.P99)), plain)
	}
	for i, c := range v.Conflicts {
		l.add([]string{"conflicts", ""}[min(i, 1)], c.String(), careful)
	}
	var report *host.Report
	for _, e := range m.endsOf(r) {
		known := m.more[idOf(e)]
		if known.Report != nil {
			report = known.Report
		}
		if known.Crash != nil {
			l.heading("Last words")
			l.add("", known.Crash.Message, plain)
		} else if known.Error != "" && known.Error != v.Reason {
			l.heading("Error")
			l.add("", known.Error, plain)
		}
	}
	if report != nil {
		l.report(report)
	}
	l.heading("Events")
	for _, e := range m.events {
		if m.isOf(e, r) {
			text := fmt.Sprintf("%-11s %s", e.State, happened(e))
			l.add(clock(e.Time, m.now()), strings.TrimRight(text, " "), styleOf(e.State))
		}
	}
	return l.lines
}

// report says what became of a version that has ended.
func (l *list) report(r *host.Report) {
	l.heading("Last unload")
	l.add("state", string(r.State), styleOf(r.State))
	l.add("why", r.Reason, plain)
	name := "resources"
	for _, x := range r.Resources {
		text := fmt.Sprintf("%d found, %d freed", x.Found, x.Freed)
		style := plain
		if x.Left > 0 {
			text += fmt.Sprintf(", %d left", x.Left)
			style = careful
		}
		if x.Bytes > 0 {
			text += ", " + printable.Size(int64(x.Bytes))
		}
		if x.Why != "" {
			text += ": " + x.Why
		}
		l.add(name, fmt.Sprintf("%-12s %s", x.Kind, text), style)
		name = ""
	}
	for i, b := range r.Blockers {
		l.add([]string{"held by", ""}[min(i, 1)], b.String(), careful)
	}
	var steps []string
	for _, s := range r.Steps {
		steps = append(steps, s.Step+" "+latency(s.Took))
	}
	l.add("steps", strings.Join(steps, ", "), plain)
	l.add("not counted", strings.Join(r.NotCounted, "\n"), plain)
	l.add("signals", howOften(r.Signals), plain)
	l.add("changed", howOften(r.Changes), plain)
}

// howOften lists what was done how often.
func howOften(of map[string]int) string {
	var list []string
	for what, n := range of {
		list = append(list, fmt.Sprintf("%s (%d)", what, n))
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}

func helpLines(width int) []string {
	l := list{width: width}
	l.lines = append(l.lines, bold.Render("Keys"), "")
	for _, k := range [][2]string{
		{"j k, arrows", "move; also page up and down, home and end"},
		{"enter", "all that is known of the selected version; esc goes back"},
		{"/", "show only versions and events that have a text; esc shows all"},
		{"r", "roll the library of the selected version back to the version before"},
		{"p", "promote its canary: have it serve all calls"},
		{"a", "abort its canary: have it serve no calls"},
		{"q", "quit; the server goes on"},
	} {
		l.add(k[0], k[1], plain)
	}
	l.heading("Figures")
	for _, k := range [][2]string{
		{"calls/s", "calls that ended, a second, in the last 5 seconds; errors/s those that failed"},
		{"p50, p99", "what half, and 99 of 100, of the calls in the last second took at most"},
		{"p99 chart", "that of the slowest version"},
		{"inside", "calls that are inside the version now"},
		{"share", "percent of the calls that go to it"},
	} {
		l.add(k[0], k[1], plain)
	}
	l.heading("Marks below the charts")
	l.add("▲", "a version serves from then on", good)
	l.add("◆", "it is a canary", news)
	l.add("✕", "it crashed, failed or was rolled back", bad)
	return l.lines
}
