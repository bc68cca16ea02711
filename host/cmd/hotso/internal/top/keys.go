package top

import (
	tea "charm.land/bubbletea/v2"

	"github.com/hotso/hotso/host/cmd/hotso/internal/printable"
)

// press does what a key is for.
func (m *model) press(k tea.KeyPressMsg) tea.Cmd {
	pressed := k.String()
	switch {
	case pressed == "ctrl+c":
		return tea.Quit
	case pressed == "ctrl+z":
		return tea.Suspend
	case m.asked != nil:
		a := m.asked
		m.asked = nil
		if pressed == "y" || pressed == "Y" {
			return m.start(a)
		}
		m.say("not done", false)
		return nil
	case m.filtering:
		m.edit(k)
		return nil
	}
	m.say("", false)
	switch pressed {
	case "q":
		return tea.Quit
	case "esc", "left", "h":
		m.back()
	case "enter", "right", "l":
		if _, ok := m.current(); ok && m.page == overview {
			m.page, m.scroll, m.chosen = details, 0, true
			return m.askMore()
		} else if pressed == "enter" {
			m.back()
		}
	case "?":
		if m.page == help {
			m.back()
		} else {
			m.page, m.scroll = help, 0
		}
	case "/":
		m.page, m.filtering = overview, true
	case "r", "p", "a":
		m.asked = m.begin(pressed)
	default:
		m.move(pressed)
	}
	return nil
}

// back goes to the overview; there, to all versions.
func (m *model) back() {
	if m.page != overview {
		m.page = overview
		return
	}
	m.setFilter("")
}

// edit changes the filter.
func (m *model) edit(k tea.KeyPressMsg) {
	switch k.String() {
	case "enter", "up", "down":
		m.filtering = false
	case "esc":
		m.filtering = false
		m.setFilter("")
	case "backspace":
		if runes := []rune(m.filter); len(runes) > 0 {
			m.setFilter(string(runes[:len(runes)-1]))
		}
	case "ctrl+u":
		m.setFilter("")
	default:
		m.setFilter(m.filter + printable.Line(k.Text))
	}
}

func (m *model) setFilter(text string) {
	m.filter = text
	m.look(m.snapshot)
}

// move moves the selection, or scrolls.
func (m *model) move(pressed string) {
	const far = 1 << 20
	by, ok := map[string]int{
		"up": -1, "k": -1, "down": 1, "j": 1,
		"pgup": -m.height / 2, "ctrl+b": -m.height / 2, "pgdown": m.height / 2, "ctrl+f": m.height / 2, "space": m.height / 2,
		"home": -far, "g": -far, "end": far, "G": far,
	}[pressed]
	if !ok {
		return
	}
	if m.page != overview {
		m.scroll = min(max(m.scroll+by, 0), max(len(m.pageLines())-m.room(), 0))
		return
	}
	if rows := m.rows(); len(rows) > 0 {
		i := indexOf(rows, m.selected) + by
		m.selected, m.chosen = rows[min(max(i, 0), len(rows)-1)].key(), true
	}
}
