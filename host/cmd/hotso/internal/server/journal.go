package server

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/help"
	"github.com/hotso/hotso/host/cmd/hotso/internal/printable"
)

// States that only a server knows, beside those of package host.
const (
	Ignored host.State = "ignored" // complete, but older than the version that serves
	Removed host.State = "removed" // the file is gone; what was loaded from it is not
	Trouble host.State = "trouble" // the directory can't be watched at the moment
)

// An Event is one step in the life of a version, numbered from 1.
type Event struct {
	ID int64 `json:"id"`
	host.Event
	Page string `json:"page,omitempty"` // what hotso help has on its error
	More bool   `json:"more,omitempty"` // GET /event/ID has a report, a crash or a longer error
	// SHA256 is that of the library's image, as hotso inspect shows it; empty if it is not known.
	SHA256 string `json:"-"`
}

// journalSize is how many events of a library are kept for replay: one that has very many must
// not have those of others forgotten.
const journalSize = 256

// A journal keeps the last events. Readers pull, so a slow one delays nobody:
//
//	for next := int64(1); ; {
//		events, more, closed := j.from(next, "")
//		...
//		<-more
//	}
type journal struct {
	onEvent func(Event)

	mu     sync.Mutex
	events []Event
	kept   map[string]int // events, by the name of their library
	last   int64
	more   chan struct{} // closed when there are more events, or the journal is closed
	closed bool
}

func newJournal(onEvent func(Event)) *journal {
	return &journal{onEvent: onEvent, kept: map[string]int{}, more: make(chan struct{})}
}

func (j *journal) add(e host.Event, sha256 string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.last++
	event := Event{j.last, e, help.Page(e.Err), detailed(e), sha256}
	if j.kept[e.Name] == journalSize {
		oldest := slices.IndexFunc(j.events, func(o Event) bool { return o.Name == e.Name })
		j.events = slices.Delete(j.events, oldest, oldest+1)
	} else {
		j.kept[e.Name]++
	}
	j.events = append(j.events, event)
	if !j.closed {
		close(j.more)
		j.more = make(chan struct{})
	}
	if j.onEvent != nil {
		j.onEvent(event)
	}
}

// close ends all readers. Events are still taken.
func (j *journal) close() {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.closed {
		j.closed = true
		close(j.more)
	}
}

// from returns the events that are kept with ids of at least next, those of one library if it is
// given, and a channel that is closed when that changes.
func (j *journal) from(next int64, library string) (events []Event, more <-chan struct{}, closed bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range j.events {
		if e.ID >= next && (library == "" || e.Name == library) {
			events = append(events, e)
		}
	}
	return events, j.more, j.closed
}

// heartbeat is a comment in an event stream that finds out whether the client is there.
const heartbeat = 15 * time.Second

// events streams the journal as server-sent events
// (https://html.spec.whatwg.org/multipage/server-sent-events.html): first
// those behind Last-Event-ID that are kept, then each as it comes. An id of
// the future is one of another process: everything is replayed. With a library in the path,
// there are only its own.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	library := r.PathValue("library")
	if library != "" {
		if _, err := s.libraryNamed(library); err != nil {
			failWhich(w, err)
			return
		}
	}
	next := int64(1)
	if id := r.Header.Get("Last-Event-ID"); id != "" {
		n, err := strconv.ParseInt(id, 10, 64)
		if err != nil || n < 0 {
			fail(w, http.StatusBadRequest, "Last-Event-ID: %q is not the id of an event", id)
			return
		}
		if n <= s.journal.lastID() {
			next = n + 1
		}
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	if r.Method == http.MethodHead {
		return
	}
	if c := connOf(r); c != nil {
		c.disengage() // a client that is cut off comes again with Last-Event-ID
	}
	control := http.NewResponseController(w)
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for text := ": hotso\n\n"; ; text = "" {
		events, more, closed := s.journal.from(next, library)
		for _, e := range events {
			var data strings.Builder
			if json.NewEncoder(printable.JSON(&data)).Encode(e.small()) != nil {
				return
			}
			text += fmt.Sprintf("id: %d\nevent: %s\ndata: %s\n", e.ID, e.State, data.String())
			next = e.ID + 1
		}
		if text == "" {
			text = ":\n\n"
		}
		if _, err := w.Write([]byte(text)); err != nil || control.Flush() != nil || closed {
			return
		}
		select {
		case <-more:
		case <-beat.C:
		case <-r.Context().Done():
			return
		}
	}
}

// pages are those of the errors by which files have come into their states, by path, as far back as events are kept.
func (j *journal) pages() map[string]string {
	j.mu.Lock()
	defer j.mu.Unlock()
	pages := map[string]string{}
	for _, e := range j.events {
		pages[e.File] = e.Page
	}
	return pages
}

func (j *journal) lastID() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.last
}
