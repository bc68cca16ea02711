//go:build linux && (amd64 || arm64)

package main

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"charm.land/lipgloss/v2"
	"golang.org/x/term"
)

// A view writes a line for each thing that happens and, on a terminal, below them one cell for each host with the version that
// serves there, and a bar for each step of a rollout.
type view struct {
	out      *os.File
	begin    time.Time
	terminal bool

	mu     sync.Mutex
	cells  func() []cell
	steps  func() []bar
	height int // lines that are to be drawn over

	stop    chan struct{}
	drawing sync.WaitGroup
	once    sync.Once
}

// A cell is a host.
type cell struct {
	version string // empty: none serves
	ended   bool
}

// A bar is a step.
type bar struct {
	name, note string
	n, of      int
	isNow      bool
}

func newView(out *os.File) *view {
	return &view{out: out, begin: time.Now(), stop: make(chan struct{}), terminal: term.IsTerminal(int(out.Fd())) && os.Getenv("TERM") != "dumb"}
}

// say writes a line; an empty text is an empty one.
func (v *view) say(format string, args ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.clear()
	text := fmt.Sprintf(format, args...)
	if text != "" {
		text = fmt.Sprintf("%5.1f s  %s", time.Since(v.begin).Seconds(), text)
	}
	fmt.Fprintln(v.out, text)
	v.draw()
}

// print writes lines that are not of this moment.
func (v *view) print(text string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.clear()
	fmt.Fprintln(v.out, "         "+strings.ReplaceAll(text, "\n", "\n         "))
	v.draw()
}

// watch draws cells from now on.
func (v *view) watch(cells func() []cell) {
	if !v.terminal {
		return
	}
	v.mu.Lock()
	v.cells = cells
	v.mu.Unlock()
	v.drawing.Go(func() {
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-v.stop:
				return
			case <-tick.C:
			}
			v.mu.Lock()
			v.clear()
			v.draw()
			v.mu.Unlock()
		}
	})
}

// follow draws steps as well, or no more with nil.
func (v *view) follow(steps func() []bar) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.steps = steps
}

func (v *view) clear() {
	if v.height > 0 {
		fmt.Fprintf(v.out, "\x1b[%dA\r\x1b[J", v.height)
		v.height = 0
	}
}

// draw draws the cells and bars below the last line. What they are made of takes locks of its own, and so must not say anything.
func (v *view) draw() {
	if v.cells == nil {
		return
	}
	width, _, err := term.GetSize(int(v.out.Fd()))
	if err != nil || width < 20 {
		width = 80
	}
	lines := append([]string{""}, rows(v.cells(), min(width-1, 75))...)
	if v.steps != nil {
		lines = append(lines, "")
		for _, b := range v.steps() {
			lines = append(lines, b.line(min(width-40, 50)))
		}
	}
	_, _ = lipgloss.Fprint(v.out, strings.Join(lines, "\n")+"\n") // with as many colours as the terminal has
	v.height = len(lines)
}

// close removes what is drawn. It may be called again.
func (v *view) close() {
	v.once.Do(func() {
		close(v.stop)
		v.drawing.Wait()
		v.mu.Lock()
		defer v.mu.Unlock()
		v.clear()
		v.cells = nil
	})
}

var (
	faint    = lipgloss.NewStyle().Faint(true)
	bold     = lipgloss.NewStyle().Bold(true)
	ofGone   = lipgloss.NewStyle().Foreground(lipgloss.White).Background(lipgloss.Red)
	versions = map[string]lipgloss.Style{
		"1": lipgloss.NewStyle().Foreground(lipgloss.Black).Background(lipgloss.Blue),
		"2": lipgloss.NewStyle().Foreground(lipgloss.Black).Background(lipgloss.Green),
		"3": lipgloss.NewStyle().Foreground(lipgloss.Black).Background(lipgloss.Yellow),
		"4": lipgloss.NewStyle().Foreground(lipgloss.White).Background(lipgloss.Magenta),
	}
)

// rows are the cells, each one character, in rows of equal width.
func rows(cells []cell, width int) (lines []string) {
	for len(cells) > 0 {
		n := min(width, len(cells))
		var b strings.Builder
		for _, c := range cells[:n] {
			switch style, known := versions[c.version]; {
			case c.ended:
				b.WriteString(ofGone.Render("x"))
			case !known:
				b.WriteString(faint.Render("."))
			default:
				b.WriteString(style.Render(c.version))
			}
		}
		lines, cells = append(lines, b.String()), cells[n:]
	}
	return lines
}

func (b bar) line(width int) string {
	width = max(width, 10)
	full := 0
	if b.of > 0 {
		full = (b.n*width + b.of - 1) / b.of // rounded up, so that a single host shows
	}
	style := faint
	if b.isNow {
		style = bold
	}
	return style.Render(fmt.Sprintf("%6s  %s%s  %s", b.name, strings.Repeat("█", full), strings.Repeat("░", width-full), b.note))
}

// grid are the cells of a fleet.
func (f *fleet) grid() []cell {
	cells := make([]cell, len(f.hosts))
	for i, h := range f.hosts {
		now, _ := h.serves()
		cells[i] = cell{now, h.hasEnded()}
	}
	return cells
}
