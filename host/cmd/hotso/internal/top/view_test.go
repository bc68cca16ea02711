package top

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
)

var update = flag.Bool("update", false, "write the screens in testdata")

// golden compares a screen with the one in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".txt")
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(got), 0o666))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(want), got)
}

func TestScreens(t *testing.T) {
	one := func(width, height int, keys ...string) string {
		s, events := sample()
		m := modelOf(s, events, width, height)
		press(m, keys...)
		return screen(m)
	}
	golden(t, "overview", one(110, 34))
	golden(t, "narrow", one(80, 24, "j", "j"))
	golden(t, "small", one(50, 12))
	golden(t, "details", one(80, 34, "end", "enter"))
	golden(t, "help", one(80, 30, "?"))
	golden(t, "question", one(80, 14, "p"))
	golden(t, "filter", one(80, 14, "/", "r", "e", "f"))

	s, events := several()
	m := modelOf(s, events, 100, 26)
	press(m, "end")
	m.Update(looked{err: errors.New("no server at build/.hotso.sock")})
	golden(t, "lost", screen(m))
}

func TestPlain(t *testing.T) {
	s, _ := several()
	var text, colored bytes.Buffer
	require.NoError(t, Write(&text, s, false))
	golden(t, "plain", text.String())
	require.NoError(t, Write(&colored, s, true))
	assert.Contains(t, colored.String(), "\x1b[")
	assert.Equal(t, text.String(), ansi.Strip(colored.String()))
}

// Whatever the terminal's size, there are as many lines as it has, and none is longer.
func TestEverySize(t *testing.T) {
	s, events := several()
	for _, keys := range [][]string{nil, {"end"}, {"enter"}, {"end", "enter", "pgdown"}, {"?"}, {"r"}, {"/", "x"}} {
		for width := 1; width < 130; width += 8 {
			for height := 1; height < 40; height += 5 {
				m := modelOf(s, events, width, height)
				press(m, keys...)
				lines := m.lines()
				require.Len(t, lines, height)
				for _, line := range lines {
					require.LessOrEqual(t, lipgloss.Width(line), width, "%dx%d: %q", width, height, line)
				}
			}
		}
	}
}

// No text of a server or a library does anything to the terminal.
func TestTextOfOthersIsPrintable(t *testing.T) {
	const hostile = "x\x1b[2J\u009b31m\u202e\r\n\x07\x7fy"
	s, events := several()
	for i := range s.Libraries {
		l := &s.Libraries[i]
		l.Name, l.Serving, l.Canary = hostile, hostile, hostile
		for j := range l.Versions {
			v := &l.Versions[j]
			v.Version.Version, v.File, v.Reason, v.State, v.Keys, v.Page = hostile, hostile, hostile, hostile, []string{hostile}, hostile
			v.Conflicts = []host.Conflict{{Path: hostile, Name: hostile, Version: hostile}}
		}
	}
	for i := range events {
		e := &events[i]
		e.Name, e.Version, e.File, e.Detail = hostile, hostile, hostile, hostile
		if e.Report == nil {
			continue
		}
		e.Report = &host.Report{State: hostile, Reason: hostile, Blockers: []host.Blocker{{Name: hostile, Where: hostile}},
			Resources: []host.Resource{{Kind: hostile, Why: hostile}}, Steps: []host.StepTime{{Step: hostile}},
			NotCounted: []string{hostile}, Signals: map[string]int{hostile: 1}, Changes: map[string]int{hostile: 1}}
	}
	s.Server = hostile
	for _, keys := range [][]string{nil, {"enter"}, {"r"}, {"p"}, {"a"}, {"/", hostile}} {
		m := modelOf(s, events, 400, 200)
		press(m, keys...)
		m.more[idOf(events[2])] = more{Report: events[2].Report, Crash: &host.Crash{Message: hostile}}
		m.Update(looked{err: &Refusal{text: hostile, page: hostile}})
		harmless(t, strings.Join(m.lines(), "\n"))
		m.Update(done{err: &Refusal{text: hostile, page: hostile}})
		harmless(t, strings.Join(m.lines(), "\n"))
	}
	var text bytes.Buffer
	require.NoError(t, Write(&text, s, true))
	harmless(t, text.String())
}

// harmless wants nothing but text, lines and colours.
func harmless(t *testing.T, drawn string) {
	t.Helper()
	assert.Contains(t, drawn, `\x1b[2J`, "it is shown")
	for _, line := range strings.Split(drawn, "\n") {
		for rest := line; rest != ""; {
			seq, _, n, _ := ansi.DecodeSequence(rest, ansi.NormalState, nil)
			rest = rest[n:]
			if ansi.HasCsiPrefix(seq) {
				require.Equal(t, byte('m'), seq[len(seq)-1], "%q", line)
				require.True(t, strings.HasPrefix(seq, "\x1b["), "%q", line)
				continue
			}
			require.False(t, strings.ContainsAny(seq, "\x1b\u009b\u202e\r\x07\x7f"), "%q", line)
		}
	}
}

func TestDraw(t *testing.T) {
	lines, highest := draw([]float64{0, 0, 8, 1, 0, 4}, 1, 1)
	assert.Equal(t, []string{" ▁█▃▁▅"}, lines)
	assert.EqualValues(t, 8, highest)
	lines, _ = draw([]float64{16, 1, 8, 0}, 0, 2)
	assert.Equal(t, []string{"█ ▁", "█▃█▁"}, lines)
	lines, highest = draw([]float64{0, 0}, 2, 1)
	assert.Equal(t, []string{""}, lines, "nothing is known")
	assert.Zero(t, highest)
}

func TestWrap(t *testing.T) {
	assert.Equal(t, []string{"start it", "with", "--token-f", "ile,", "or"}, wrap("start it with --token-file, or", 9))
	assert.Equal(t, []string{"    a", "b"}, wrap("    a b", 5))
	assert.Equal(t, []string{""}, wrap("", 5))
}

// Each second has a cell, also when points come late or early.
func TestCells(t *testing.T) {
	at := func(ms int64) point { return point{end: time.UnixMilli(ms), span: time.Second} }
	points := []point{at(1300), at(2280), at(3310), at(5300)}
	c := chartOf(points, time.UnixMilli(6900), 5)
	var cells []int
	for _, p := range points {
		cells = append(cells, c.cell(p.end))
	}
	assert.Equal(t, []int{-1, 0, 1, 3}, cells)
	values, first := c.values(points, func(p point) float64 { return 1 })
	assert.Equal(t, []float64{1, 1, 0, 1, 0}, values)
	assert.Zero(t, first)
}

func TestMarks(t *testing.T) {
	at := func(id int64, second int64, version string, state host.State) server.Event {
		return server.Event{ID: id, Event: host.Event{Name: "a", Time: time.Unix(second, 0), Version: version, State: state}}
	}
	marks := func(events ...server.Event) string {
		return strings.TrimRight(ansi.Strip(chart{time.Unix(20, 0), 20}.marks(events, "a")), " ")
	}
	assert.Equal(t, "    ▲v1", marks(at(1, 5, "1", host.Serving), at(2, 15, "1", host.Serving)), "it has passed its probation")
	assert.Equal(t, "    ▲v1       ▲v1", marks(at(7, 5, "1", host.Serving), at(2, 15, "1", host.Serving)), "another process")
	assert.Equal(t, "    ▲v1  ✕v2", marks(at(1, 5, "1", host.Serving), at(2, 10, "2", host.Crashed), at(3, 10, "1", host.Canary)), "the worst of a second")
	assert.Equal(t, "    ▲▲v2           ◆", marks(at(1, 5, "1", host.Serving), at(2, 6, "2", host.Serving), at(3, 20, "3", host.Canary)))
	other := at(1, 5, "1", host.Serving)
	other.Name = "b"
	assert.Empty(t, marks(other, at(1, 500, "1", host.Serving)))
}

func TestFormats(t *testing.T) {
	for n, want := range map[float64]string{0: "0", 0.04: "0.0", 3.21: "3.2", 99.6: "100", 1234: "1234", 12345: "12.3k", 999499: "999k", 1.5e6: "1.5M", 2e9: "2G"} {
		assert.Equal(t, want, count(n))
	}
	for d, want := range map[time.Duration]string{0: "-", 74: "74 ns", 1234: "1.2 µs", 999_400: "999 µs", 999_500: "1.0 ms", 999_500_000: "1.0 s", 1_234_000: "1.2 ms", 12 * time.Second: "12 s"} {
		assert.Equal(t, want, latency(d))
	}
	for d, want := range map[time.Duration]string{-time.Second: "now", 59900 * time.Millisecond: "59s", 61 * time.Minute: "1h", 47 * time.Hour: "47h", 49 * time.Hour: "2d"} {
		assert.Equal(t, want, age(d))
	}
}
