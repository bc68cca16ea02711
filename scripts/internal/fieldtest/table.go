//go:build linux

package fieldtest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hotso/hotso/host"
)

// A Row is what was found of a library.
type Row struct {
	Library
	Probe Probe       `json:"probe"`
	Soak  SoakResult  `json:"soak"`
	Crash CrashResult `json:"crash"`

	probeEnd, soakEnd, crashEnd ending
}

// A Column is one of the table's.
type Column struct {
	Title string
	Right bool // aligned so
	Cell  func(*Row) string
}

// The columns that a table may have.
var (
	Name      = Column{"library", false, func(w *Row) string { return w.Name }}
	What      = Column{"under way in it", false, func(w *Row) string { return w.What }}
	Found     = Column{"found at an unload", false, func(w *Row) string { return list(w.Probe.Found) }}
	Reloads   = Column{"reloads", true, (*Row).reloads}
	Host      = Column{"host", false, (*Row).host}
	Left      = Column{"threads, handlers, timers, descriptors, mappings left", false, (*Row).left}
	All       = Column{"threads, descriptors, mappings, timers, locks left after an unload", false, (*Row).unloaded}
	Crashed   = Column{"after a crash", false, (*Row).crashed}
	RSS       = Column{"RSS per reload", true, (*Row).rss}
	Memory    = Column{"RSS, C heap per reload", true, (*Row).memory}
	Unload    = Column{"unload", true, (*Row).unload}
	Contained = Column{"crashes contained", true, (*Row).contained}
	Stays     = Column{"what stays, and why", false, func(w *Row) string { return list(w.stays()) }}
)

func (s Suite) header() string {
	titles, rule := "|", "|"
	for _, c := range s.Columns {
		titles += " " + c.Title + " |"
		rule += map[bool]string{false: "---|", true: "--:|"}[c.Right]
	}
	return titles + "\n" + rule + "\n"
}

func (s Suite) line(w *Row) string {
	line := "|"
	for _, c := range s.Columns {
		line += " " + strings.ReplaceAll(c.Cell(w), "|", "\\|") + " |"
	}
	return line
}

// bad reports whether a host died or a report was not true; if strict, also whether anything
// stays that need not.
func (w *Row) bad(strict bool) bool {
	return w.host() != "alive" || w.Probe.State == host.Unloaded && len(w.Probe.NotCounted) == 0 && len(w.Probe.More)+len(w.Probe.Crashed) > 0 ||
		strict && w.Why == "" && len(w.stays()) > 0
}

func (w *Row) host() string {
	var died []string
	for _, x := range []struct {
		what string
		end  ending
	}{{"unload", w.probeEnd}, {"reloads", w.soakEnd}, {"crashes", w.crashEnd}} {
		if x.end.died != "" {
			died = append(died, fmt.Sprintf("**%s: %s**", x.what, x.end.died))
		}
	}
	if len(died) > 0 {
		return strings.Join(died, ", ")
	}
	return "alive"
}

func (w *Row) reloads() string {
	return fmt.Sprint(max(w.Soak.Reloads, w.Probe.Reloads))
}

// left is what a process without the library has, that it had not after the warm-up.
func (w *Row) left() string {
	if w.Soak.End.Reload == 0 {
		return "–"
	}
	s, e := w.Soak.Start, w.Soak.End
	handlers := 0
	for _, m := range w.Probe.More {
		if strings.HasPrefix(m, "another handler") {
			handlers++
		}
	}
	return fmt.Sprintf("%d, %d, %d, %d, %d", e.foreign()-s.foreign(), handlers, count(w.Probe.More, "timers"),
		e.Descriptors-s.Descriptors, e.Mappings-s.Mappings)
}

// unloaded and crashed are the same after reloads and after crashes, with locks.
func (w *Row) unloaded() string {
	return all(w.Soak.End.Reload > 0, w.Soak.Start, w.Soak.End, w.Probe.More)
}

func (w *Row) crashed() string {
	return all(w.Crash.Crashes > 0, w.Crash.Start, w.Crash.End, w.Probe.Crashed)
}

func all(known bool, start, end Sample, more []string) string {
	if !known {
		return "–"
	}
	return fmt.Sprintf("%d, %d, %d, %d, %d", end.foreign()-start.foreign(), end.Descriptors-start.Descriptors,
		end.Mappings-start.Mappings, count(more, "timers"), count(more, "locks"))
}

// count is how many of a kind there are more.
func count(more []string, kind string) (n int) {
	for _, m := range more {
		if strings.HasSuffix(m, " "+kind) {
			_, _ = fmt.Sscan(m, &n)
		}
	}
	return n
}

func (s Sample) foreign() int { return s.Threads - s.Own }

func (w *Row) rss() string {
	if w.Soak.End.Reload == 0 {
		return "–"
	}
	return size(w.Soak.RSSSlope)
}

func (w *Row) memory() string {
	if w.Soak.End.Reload == 0 {
		return "–"
	}
	heap := float64(w.Soak.End.CHeap) - float64(w.Soak.Start.CHeap)
	return fmt.Sprintf("%s, %s", size(w.Soak.RSSSlope), size(heap/float64(max(1, w.Soak.End.Reload-w.Soak.Start.Reload))))
}

func size(n float64) string {
	if n > -1024 && n < 1024 {
		return fmt.Sprintf("%.0f B", n)
	}
	return fmt.Sprintf("%.0f KB", n/1000)
}

func (w *Row) unload() string {
	took := w.Soak.Unload
	if took == 0 {
		took = w.Probe.Unload
	}
	return fmt.Sprintf("%.1f ms", float64(took)/float64(time.Millisecond))
}

func (w *Row) contained() string {
	if w.Crash.Crashes == 0 {
		return fmt.Sprintf("%d of %d", w.Probe.Contained, w.Probe.Crashes)
	}
	return fmt.Sprintf("%d of %d", w.Crash.contained(), w.Crash.Crashes)
}

// stays lists all that is not as it should be, in the words of those who found it.
func (w *Row) stays() (all []string) {
	add := func(texts ...string) {
		for _, t := range texts {
			t = strings.Join(strings.Fields(t), " ")
			if t != "" && !slices.ContainsFunc(all, func(a string) bool { return strings.Contains(a, t) }) {
				all = append(all, t)
			}
		}
	}
	if w.Probe.State != host.Unloaded {
		add(strings.TrimSpace(fmt.Sprintf("%s: %s", w.Probe.State, w.Probe.Reason)), w.probeEnd.error)
	}
	add(w.Probe.Left...)
	add(w.Probe.More...)
	if n := len(w.Probe.NotCounted); n > 0 && len(w.Probe.More) > 0 {
		add(fmt.Sprintf("not counted is what %d needed objects have, as the report says", n))
	}
	for _, m := range w.Probe.Crashed {
		add("after a crash: " + m)
	}
	add(w.Soak.Leaks...)
	if w.Soak.Failed > 0 {
		add(fmt.Sprintf("%d calls failed: %s", w.Soak.Failed, w.Soak.Failure))
	}
	if w.Probe.State == host.Unloaded && w.Soak.End.Reload == 0 {
		add(w.soakEnd.error)
	}
	for _, l := range w.Crash.Leaks {
		add("after crashes: " + l)
	}
	add(w.Crash.Failures...)
	if w.Probe.State == host.Unloaded && w.Crash.Crashes == 0 {
		add(w.crashEnd.error)
	}
	add(w.Why)
	if w.Crash.Lost > 0 {
		add(fmt.Sprintf("%d calls of the other library failed", w.Crash.Lost))
	}
	return all
}

func list(texts []string) string {
	if len(texts) == 0 {
		return "–"
	}
	return strings.Join(texts, "; ")
}
