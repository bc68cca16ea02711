package server

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/hotso/hotso/host"
)

// An EventDetail is all that is known of an event: what is too large for a stream of them.
type EventDetail struct {
	Event
	Report *host.Report `json:"report,omitempty"` // what became of a version that has ended
	Crash  *host.Crash  `json:"crash,omitempty"`  // with the runtime's last words and its goroutines
	Error  string       `json:"error,omitempty"`  // all of it, if it is longer than Detail
	// Cut: there is more than the first lines of Crash and Error, for those who may look.
	Cut bool `json:"cut,omitempty"`
}

// cut leaves the first lines: stacks, and what a panic says of data, are not for everybody who can reach the server.
func (d *EventDetail) cut() {
	cut := func(text string) string {
		first := firstLine(text)
		d.Cut = d.Cut || first != text
		return first
	}
	d.Error = cut(d.Error)
	if d.Crash != nil {
		crash := *d.Crash
		crash.Message = cut(crash.Message)
		d.Crash = &crash
	}
}

// detailed reports whether GET /event has more of an event.
func detailed(e host.Event) bool {
	var crash *host.Crash
	return e.Report != nil || errors.As(e.Err, &crash) || e.Err != nil && e.Err.Error() != e.Detail
}

// small is the event as a stream has it.
func (e Event) small() Event {
	e.Report = nil
	return e
}

// detail answers GET /event/{id}.
func (s *Server) detail(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		fail(w, http.StatusBadRequest, "%q is not the id of an event; GET /events has them", r.PathValue("id"))
		return
	}
	e, ok := s.journal.get(id)
	if !ok {
		fail(w, http.StatusNotFound, "there is no event %d; the last %d of each library are kept", id, journalSize)
		return
	}
	d := EventDetail{Event: e.small(), Report: e.Report}
	if !errors.As(e.Err, &d.Crash) && e.Err != nil && e.Err.Error() != e.Detail {
		d.Error = e.Err.Error()
	}
	if !s.looking(r) {
		d.cut()
	}
	answer(w, http.StatusOK, d)
}

// get returns the event with that id, if it is kept.
func (j *journal) get(id int64) (Event, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range j.events {
		if e.ID == id {
			return e, true
		}
	}
	return Event{}, false
}
