package top

import (
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
)

// An eventID is that of an event of any process that was the server.
type eventID struct {
	id int64
	at time.Time
}

func idOf(e server.Event) eventID { return eventID{e.ID, e.Time.UTC()} }

// more is what is known of an event besides what the stream has of it. Older servers have all in
// the stream, and nothing more.
type more struct {
	of     eventID
	Report *host.Report
	Crash  *host.Crash
	Error  string // all of it
}

// askMore asks what more is known of how the selected version ended, once for each event.
func (m *model) askMore() tea.Cmd {
	r, ok := m.current()
	if m.page != details || !ok {
		return nil
	}
	var ask []tea.Cmd
	for _, e := range m.endsOf(r) {
		if _, asked := m.more[idOf(e)]; asked {
			continue
		}
		m.more[idOf(e)] = more{of: idOf(e), Report: e.Report}
		ask = append(ask, func() tea.Msg {
			detail := more{of: idOf(e)}
			if err := m.server.get(m.ctx, fmt.Sprintf("/event/%d", e.ID), &detail); err != nil {
				return nil
			}
			if detail.Report == nil {
				detail.Report = e.Report
			}
			return detail
		})
	}
	return tea.Batch(ask...)
}

// endsOf are the last event of each state by which a version ended, or was not to serve.
func (m *model) endsOf(r row) (ends []server.Event) {
	last := map[host.State]server.Event{}
	for _, e := range m.events {
		if m.isOf(e, r) {
			last[e.State] = e
		}
	}
	for _, state := range []host.State{host.Refused, host.Failed, host.Crashed, host.Quarantined, host.Resident, host.Unloaded} {
		if e, ok := last[state]; ok {
			ends = append(ends, e)
		}
	}
	return ends
}

// isOf reports whether an event is of a version.
func (m *model) isOf(e server.Event, r row) bool {
	return e.Name == r.library.Name && e.Version == r.version.Version.Version && (e.File == r.version.File || e.File == "")
}
