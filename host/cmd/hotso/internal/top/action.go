package top

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	tea "charm.land/bubbletea/v2"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/printable"
)

// An action is a deployment, which is asked for once before it is made.
type action struct {
	path     string
	question string
	under    string                         // what is said while it is made
	says     func(answer []byte) (s string) // what is said then
}

// done is what became of an action.
type done struct {
	text string
	err  error
}

// begin returns the action of a key, or says why there is none.
func (m *model) begin(pressed string) *action {
	l, ok := m.library()
	switch {
	case m.running != nil:
		m.say(m.running.under+": wait for it", true)
		return nil
	case !ok || l.Name == "":
		m.say("there is no library yet", true)
		return nil
	}
	name := printable.Line(l.Name)
	if pressed == "r" {
		question := fmt.Sprintf("Roll %s back to the version before?", name)
		if l.Serving != "" {
			question = fmt.Sprintf("Roll %s back from v%s to the version before?", name, printable.Line(l.Serving))
		}
		return &action{path: "/rollback" + l.inPaths, question: question, under: "rolling " + name + " back",
			says: func(b []byte) string {
				var s host.Swap
				_ = json.Unmarshal(b, &s)
				return fmt.Sprintf("%s serves again", printable.Label(l.Name, s.Version))
			}}
	}
	if l.Canary == "" {
		m.say(fmt.Sprintf("no canary of %s runs", name), true)
		return nil
	}
	canary := printable.Label(l.Name, l.Canary)
	if pressed == "p" {
		return &action{path: "/promote" + l.inPaths, question: fmt.Sprintf("Promote %s: have it serve all calls?", canary), under: "promoting " + canary,
			says: func(b []byte) string {
				var s host.Swap
				_ = json.Unmarshal(b, &s)
				return printable.Label(l.Name, s.Version) + " serves"
			}}
	}
	return &action{path: "/abort" + l.inPaths, question: fmt.Sprintf("Abort %s: have it serve no calls?", canary), under: "aborting " + canary,
		says: func(b []byte) string {
			var r host.Report
			_ = json.Unmarshal(b, &r)
			return fmt.Sprintf("%s is aborted, and %s", printable.Label(l.Name, r.Version), printable.Line(string(r.State)))
		}}
}

// start makes a deployment. It takes as long as calls are inside the version that goes.
func (m *model) start(a *action) tea.Cmd {
	m.running = a
	m.say("", false)
	return func() tea.Msg {
		var answer json.RawMessage
		if err := m.server.do(m.ctx, http.MethodPost, a.path, &answer); err != nil {
			return done{err: err}
		}
		return done{text: a.says(answer)}
	}
}

// say has text be in the last line, until a key is pressed.
func (m *model) say(text string, failed bool) { m.said, m.failed = text, failed }

// explain is an error in a line, with what hotso help has on it.
func explain(err error) string {
	text := printable.Line(err.Error())
	var r *Refusal
	if errors.As(err, &r) && r.Page() != "" {
		text += " (hotso help " + printable.Line(r.Page()) + ")"
	}
	return text
}
