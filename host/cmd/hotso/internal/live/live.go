// Package live tells pages in browsers what becomes of builds, so that they load themselves again, or show what
// does not compile:
//
//	<script src="http://127.0.0.1:8080/dev.js"></script>
//
// The page may be of any server on this machine: where the source of the library stands, only what is here may
// know. So a request must address this server by an address of the machine or as localhost, or else a page
// of the internet could reach it by a name of its own (DNS rebinding); and what a browser says of the page that
// asks (Origin) must be of this machine, too.
package live

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/hotso/hotso/host/cmd/hotso/internal/printable"
)

// Script and Events are the paths that a Hub answers.
const (
	Script = "/dev.js"
	Events = "/dev/events"
)

//go:embed dev.js
var script []byte

// A State is what pages are to show. It is sent as it is to whoever comes, and again when it changes.
type State struct {
	Serial int    `json:"serial"`          // of what serves; a page that has seen another one loads itself again
	Error  string `json:"error,omitempty"` // what is wrong with what was saved last; empty: nothing is
}

// A Hub has the state. All methods are safe for concurrent use.
type Hub struct {
	begun int64 // pages outlive a hub: a serial of another one is told apart by this

	mu      sync.Mutex
	state   State
	changed chan struct{} // closed when there is another state, or the hub is closed
	closed  bool
}

// NewHub returns a hub with nothing to show.
func NewHub() *Hub { return &Hub{begun: time.Now().UnixNano(), changed: make(chan struct{})} }

// Serves tells that something new serves.
func (h *Hub) Serves() { h.set(func(s *State) { s.Serial++; s.Error = "" }) }

// Fails tells what is wrong with what was saved; empty: nothing is, and what served still does.
func (h *Hub) Fails(text string) { h.set(func(s *State) { s.Error = text }) }

func (h *Hub) set(change func(*State)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change(&h.state)
	h.wake()
}

// wake has the streams look again. The lock is held.
func (h *Hub) wake() {
	if !h.closed {
		close(h.changed)
		h.changed = make(chan struct{})
	}
}

// Close ends all streams.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.closed {
		h.closed = true
		close(h.changed)
	}
}

func (h *Hub) now() (s State, changed <-chan struct{}, closed bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.state, h.changed, h.closed
}

// ServeHTTP answers Script and Events.
func (h *Hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	origin := r.Header.Get("Origin")
	switch {
	case !isHere(r.Host):
		http.Error(w, fmt.Sprintf("this server is not called %q: address it as 127.0.0.1 or localhost", r.Host), http.StatusForbidden)
		return
	case origin != "" && !isOfHere(origin):
		http.Error(w, fmt.Sprintf("a page of another machine: %q", origin), http.StatusForbidden)
		return
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, r.Method+": use GET", http.StatusMethodNotAllowed)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Vary", "Origin")
	if origin != "" {
		w.Header().Set("Access-Control-Allow-Origin", origin)
	}
	switch r.URL.Path {
	case Script:
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		_, _ = w.Write(script) // the client is gone
	case Events:
		h.stream(w, r)
	default:
		http.NotFound(w, r)
	}
}

// heartbeat finds out whether the page is still there.
const heartbeat = 15 * time.Second

// stream sends each state as a server-sent event (https://html.spec.whatwg.org/multipage/server-sent-events.html).
func (h *Hub) stream(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	if r.Method == http.MethodHead {
		return
	}
	control := http.NewResponseController(w)
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	// A browser tries again after 3 s, if it is told nothing.
	text, shown := "retry: 500\n\n", State{Serial: -1}
	for {
		state, changed, closed := h.now()
		if state != shown {
			var data strings.Builder
			if json.NewEncoder(printable.JSON(&data)).Encode(map[string]any{
				"serial": fmt.Sprintf("%d-%d", h.begun, state.Serial), "error": state.Error,
			}) != nil {
				return
			}
			text += "data: " + data.String() + "\n"
			shown = state
		}
		if _, err := w.Write([]byte(text)); err != nil || control.Flush() != nil || closed {
			return
		}
		text = ""
		select {
		case <-changed:
		case <-beat.C:
			text = ":\n\n"
		case <-r.Context().Done():
			return
		}
	}
}

// isHere reports whether a name, with a port or without, is one of this machine: localhost, what is
// below it, or an IP address.
func isHere(hostPort string) bool {
	name := hostPort
	if h, _, err := net.SplitHostPort(hostPort); err == nil {
		name = h
	}
	if isLocalhost(name) {
		return true
	}
	_, err := netip.ParseAddr(strings.Trim(name, "[]"))
	return err == nil
}

// isOfHere reports whether an origin is a server of this machine.
func isOfHere(origin string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" {
		return false
	}
	if isLocalhost(u.Hostname()) {
		return true
	}
	addr, err := netip.ParseAddr(u.Hostname())
	return err == nil && addr.IsLoopback()
}

// isLocalhost: browsers have these names resolve to loopback, whoever says otherwise (RFC 6761, 6.3).
func isLocalhost(name string) bool {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	return name == "localhost" || strings.HasSuffix(name, ".localhost")
}
