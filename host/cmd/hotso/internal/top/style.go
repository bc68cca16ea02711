package top

import (
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
)

// The styles. They are of the terminal's own sixteen colours, which are readable on its background.
var (
	plain    = lipgloss.NewStyle()
	faint    = lipgloss.NewStyle().Faint(true)
	bold     = lipgloss.NewStyle().Bold(true)
	good     = lipgloss.NewStyle().Foreground(lipgloss.Green)
	news     = lipgloss.NewStyle().Foreground(lipgloss.Cyan)
	careful  = lipgloss.NewStyle().Foreground(lipgloss.Yellow)
	bad      = lipgloss.NewStyle().Foreground(lipgloss.Red)
	question = lipgloss.NewStyle().Bold(true).Foreground(lipgloss.Yellow)
	rates    = lipgloss.NewStyle().Foreground(lipgloss.Blue)
	times    = lipgloss.NewStyle().Foreground(lipgloss.Magenta)
)

// ofState are those of states that people want to know of.
var ofState = map[host.State]lipgloss.Style{
	host.Serving:     good,
	host.Canary:      news,
	host.Warm:        plain,
	host.Refused:     bad,
	host.Failed:      bad,
	host.Crashed:     bad,
	host.Quarantined: careful,
	host.Conflicting: careful,
	host.Resident:    faint,
	host.Unloaded:    faint,
	server.Ignored:   faint,
	server.Removed:   faint,
	server.Trouble:   careful,
}

func styleOf(state host.State) lipgloss.Style {
	if s, ok := ofState[state]; ok {
		return s
	}
	return plain
}

// fit has text take exactly that many columns.
func fit(text string, width int) string {
	text = ansi.Truncate(text, max(width, 0), "…")
	return text + strings.Repeat(" ", max(width-lipgloss.Width(text), 0))
}

// fitRight is fit for numbers.
func fitRight(text string, width int) string {
	text = ansi.Truncate(text, max(width, 0), "…")
	return strings.Repeat(" ", max(width-lipgloss.Width(text), 0)) + text
}

// wrap breaks text into lines of at most that many columns: at spaces, as names of flags and files have hyphens; what
// is longer than a line, anywhere. It keeps what text begins with.
func wrap(text string, width int) (lines []string) {
	width = max(width, 1)
	words := strings.Split(text, " ")
	line := words[0]
	for _, word := range words[1:] {
		if lipgloss.Width(line)+1+lipgloss.Width(word) <= width {
			line += " " + word
			continue
		}
		lines, line = append(lines, line), word
	}
	return strings.Split(ansi.Hardwrap(strings.Join(append(lines, line), "\n"), width, true), "\n")
}

// trimRight removes spaces at the end, which escape sequences may follow.
func trimRight(text string) string {
	return strings.TrimRight(text, " ")
}
