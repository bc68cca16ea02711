package top

import (
	"fmt"
	"strings"
	"time"

	"charm.land/lipgloss/v2"

	"github.com/hotso/hotso/host/cmd/hotso/internal/printable"
)

// A row is a version in the table.
type row struct {
	library *Library
	version *Version
}

func (r row) key() key { return keyOf(r.library.Name, r.version.Version) }

// A column of the table of versions.
type column struct {
	head  string
	right bool // aligned to the right
	cell  func(r row, now time.Time) string
	style func(r row) lipgloss.Style // nil: none
	least int                        // how much is left out for it where there is little room: what has more goes first
	grows bool                       // takes the room that is left
}

const gap = 2 // columns between two

var columns = []column{
	{head: "library", cell: func(r row, _ time.Time) string { return printable.Line(r.library.Name) }},
	{head: "version", cell: func(r row, _ time.Time) string { return printable.Line(r.version.Version.Version) }},
	{head: "state", cell: func(r row, _ time.Time) string { return printable.Line(string(r.version.State)) },
		style: func(r row) lipgloss.Style { return styleOf(r.version.State) }},
	{head: "since", right: true, least: 3, cell: func(r row, now time.Time) string {
		if r.version.Since.IsZero() {
			return nothing
		}
		return age(now.Sub(r.version.Since))
	}},
	{head: "share", right: true, least: 4, cell: func(r row, _ time.Time) string { return share(*r.version) }},
	{head: "calls/s", right: true, cell: figure(func(r row) string { return count(r.version.Rate.Calls) })},
	{head: "errors/s", right: true, least: 1, cell: figure(func(r row) string { return count(r.version.Rate.Errors) }),
		style: func(r row) lipgloss.Style {
			if r.version.Rate.Errors > 0 {
				return bad
			}
			return plain
		}},
	{head: "p50", right: true, least: 5, cell: figure(func(r row) string { return latency(r.version.Rate.P50) })},
	{head: "p99", right: true, least: 2, cell: figure(func(r row) string { return latency(r.version.Rate.P99) })},
	{head: "inside", right: true, least: 4, cell: figure(func(r row) string { return fmt.Sprint(r.version.InFlight) })},
	{head: "why", least: 6, grows: true, cell: func(r row, _ time.Time) string { return why(r) }},
}

// figure is empty for versions that no call can be in, and have had none of late.
func figure(of func(r row) string) func(row, time.Time) string {
	return func(r row, _ time.Time) string {
		if v := r.version; !answers(v.State) && v.InFlight == 0 && v.Rate.Calls == 0 {
			return ""
		}
		return of(r)
	}
}

// why is the first line of a version's reason, and of what it conflicts with.
func why(r row) string {
	v := r.version
	text, _, _ := strings.Cut(brief(v.Reason, r.library.Name, v.Version.Version, v.File), "\n")
	if len(v.Conflicts) > 0 && text == "" {
		text = v.Conflicts[0].String()
	}
	return printable.Line(text)
}

const leastWhy = 16 // a reason in fewer columns says nothing

// A table has the columns that there is room for.
type table struct {
	columns []column
	widths  []int
}

// newTable chooses columns for rows in that width; 0 is any.
func newTable(rows []row, now time.Time, width int, severalLibraries bool) table {
	var t table
	for _, c := range columns {
		w := lipgloss.Width(c.head)
		used := c.head == "version" || c.head == "state"
		for _, r := range rows {
			text := c.cell(r, now)
			used = used || text != ""
			if !c.grows || width == 0 {
				w = max(w, lipgloss.Width(text))
			} else if text != "" {
				w = leastWhy
			}
		}
		if c.head == "library" && !severalLibraries || !used && c.least > 4 { // nobody has one
			continue
		}
		if width > 0 {
			w = min(w, 24)
		}
		t.columns, t.widths = append(t.columns, c), append(t.widths, w)
	}
	for width > 0 && t.width() > width {
		if !t.drop() {
			break
		}
	}
	for i, c := range t.columns {
		if c.grows && width > 0 {
			t.widths[i] += max(width-t.width(), 0)
		}
	}
	return t
}

func (t *table) width() (sum int) {
	for _, w := range t.widths {
		sum += w + gap
	}
	return max(sum-gap, 0)
}

// drop leaves out the column that is missed least.
func (t *table) drop() bool {
	worst := 0
	for i, c := range t.columns {
		if c.least > t.columns[worst].least {
			worst = i
		}
	}
	if t.columns[worst].least == 0 {
		return false
	}
	t.columns = append(t.columns[:worst:worst], t.columns[worst+1:]...)
	t.widths = append(t.widths[:worst:worst], t.widths[worst+1:]...)
	return true
}

func (t *table) hasWhy() bool { return len(t.columns) > 0 && t.columns[len(t.columns)-1].grows }

func (t *table) head() string {
	var cells []string
	for i, c := range t.columns {
		cells = append(cells, t.place(i, c.head))
	}
	return strings.TrimRight(strings.Join(cells, strings.Repeat(" ", gap)), " ")
}

func (t *table) line(r row, now time.Time, selected bool) string {
	var cells []string
	for i, c := range t.columns {
		style := plain
		if c.style != nil {
			style = c.style(r)
		}
		cells = append(cells, style.Bold(selected).Render(t.place(i, c.cell(r, now))))
	}
	return strings.Join(cells, strings.Repeat(" ", gap))
}

func (t *table) place(i int, text string) string {
	if t.columns[i].right {
		return fitRight(text, t.widths[i])
	}
	return fit(text, t.widths[i])
}
