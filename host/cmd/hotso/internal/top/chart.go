package top

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"charm.land/lipgloss/v2"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/printable"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
)

// A chart has one cell for each second, the last of which is now.
type chart struct {
	end   time.Time
	width int
}

// chartOf ends with the last second that is over, by the beat of the points: so each has a cell of
// its own, though it does not come at the full second.
func chartOf(points []point, now time.Time, width int) chart {
	end := now
	if n := len(points); n > 0 {
		end = now.Add(-max(now.Sub(points[n-1].end), 0) % time.Second)
	}
	return chart{end, width}
}

// cell is that of a time; it may be outside.
func (c chart) cell(at time.Time) int {
	return c.width - 1 - int(c.end.Sub(at).Round(time.Second)/time.Second)
}

// values are those of the points, by cell. first is the first cell that is known.
func (c chart) values(points []point, of func(point) float64) (values []float64, first int) {
	values, first = make([]float64, c.width), c.width
	for _, p := range points {
		if i := c.cell(p.end); i < c.width {
			first = min(first, max(i, 0))
			if i >= 0 {
				values[i] = max(values[i], of(p))
			}
		}
	}
	return values, first
}

var blocks = []rune(" ▁▂▃▄▅▆▇█")

// draw draws values in so many lines, and returns the highest. What is not 0 is above the lowest line's edge, which is
// drawn wherever there is a value at all.
func draw(values []float64, first, height int) (lines []string, highest float64) {
	for _, v := range values {
		highest = max(highest, v)
	}
	steps := len(blocks) - 1
	for y := height - 1; y >= 0; y-- {
		var b strings.Builder
		b.WriteString(strings.Repeat(" ", first))
		for _, v := range values[first:] {
			level := 1
			if v > 0 {
				level = 2 + int(v/highest*float64(height*steps-2)+0.5)
			}
			b.WriteRune(blocks[min(max(level-y*steps, 0), steps)])
		}
		lines = append(lines, strings.TrimRight(b.String(), " "))
	}
	return lines, highest
}

func callsOf(p point) float64 {
	n := int64(0)
	for _, r := range p.versions {
		n += r.Calls
	}
	return float64(n) / p.span.Seconds()
}

// slowestOf is the 99th percentile of the version that had the highest: those of several are none together.
func slowestOf(p point) float64 {
	highest := int64(0)
	for _, r := range p.versions {
		highest = max(highest, r.P99)
	}
	return float64(highest)
}

// markOf is the sign of a state in a chart, if it has one. Of several in one second that of the highest rank is drawn.
func markOf(state host.State) (sign string, rank int) {
	switch state {
	case host.Canary:
		return "◆", 1
	case host.Serving:
		return "▲", 2
	case host.Failed, host.Crashed:
		return "✕", 3
	}
	return "", 0
}

// A mark is what happened in a second.
type mark struct {
	sign, label string
	rank        int
	style       lipgloss.Style
}

// marks has a sign where versions came or went, and which, where there is room.
func (c chart) marks(events []server.Event, library string) string {
	at := make([]mark, c.width)
	serving, last := "", int64(0)
	for _, e := range events {
		if e.ID <= last { // of another process
			serving = ""
		}
		last = e.ID
		if e.Name != library {
			continue
		}
		again := e.State == host.Serving && e.Version == serving // it has passed its probation
		if e.State == host.Serving {
			serving = e.Version
		}
		sign, rank := markOf(e.State)
		if i := c.cell(e.Time); rank > 0 && !again && i >= 0 && i < c.width && rank >= at[i].rank {
			at[i] = mark{sign, "v" + printable.Line(e.Version), rank, styleOf(e.State)}
		}
	}
	var b strings.Builder
	for i := 0; i < c.width; i++ {
		m := at[i]
		if m.rank == 0 {
			b.WriteByte(' ')
			continue
		}
		text := m.sign
		if n := lipgloss.Width(m.label); i+n < c.width && !slices.ContainsFunc(at[i+1:min(i+n+2, c.width)], func(m mark) bool { return m.rank > 0 }) {
			text += m.label
			i += n
		}
		b.WriteString(m.style.Render(text))
	}
	return b.String()
}

const (
	chartNames   = 9 // columns, before the lines
	chartFigures = 7
	chartLeast   = 10
)

// charts are the lines of a library: calls, latencies, each in lines of that height, and what happened to versions
// meanwhile.
func charts(l Library, events []server.Event, now time.Time, width, height int) []string {
	before, behind := chartNames+chartFigures+gap, gap+len("max ")+chartFigures
	c := chartOf(l.points, now, width-before-behind)
	if c.width < chartLeast {
		return nil
	}
	begun := c.width // since when there is a library, though it may not have been called
	for _, e := range events {
		if e.Name == l.Name {
			begun = min(begun, max(c.cell(e.Time), 0))
		}
	}
	var lines []string
	add := func(name string, style lipgloss.Style, of func(point) float64, format func(float64) string) {
		values, first := c.values(l.points, of)
		drawn, highest := draw(values, min(first, begun), height)
		for i, line := range drawn {
			text := strings.Repeat(" ", before)
			if i == height-1 {
				text = faint.Render(fit(name, chartNames)) + fitRight(format(values[c.width-1]), chartFigures) + strings.Repeat(" ", gap)
			}
			text += style.Render(fit(line, c.width))
			if i == 0 && highest > 0 {
				text += faint.Render("  max " + format(highest))
			}
			lines = append(lines, trimRight(text))
		}
	}
	add("calls/s", rates, callsOf, count)
	if l.timed {
		if height > 1 {
			lines = append(lines, "")
		}
		add("p99", times, slowestOf, func(v float64) string { return latency(time.Duration(v)) })
	}
	scale := faint.Render(fit(fmt.Sprintf("last %d s", c.width), before))
	return append(lines, trimRight(scale+c.marks(events, l.Name)))
}
