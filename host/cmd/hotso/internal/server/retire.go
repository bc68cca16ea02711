package server

import (
	"context"
	"net/http"
	"time"
)

// retireGrace is how long a connection that waits for its client may go on to do so once its server has a
// successor: a request that comes in this time is answered, and told that the connection ends.
const retireGrace = 5 * time.Second

// Retire has clients go to another process, which accepts connections from the same sockets by now: nothing is
// accepted here any more, every answer ends its connection, and streams of events end, as their clients come again.
// It returns when no connection is left, when those that are left have waited for their clients for retireGrace, or
// for half of Config.Drain if that is less, or when ctx ends. What goes on then is ended by the context of Serve.
// Nothing is saved for a restart any more: that is the other's now. Call it once.
func (s *Server) Retire(ctx context.Context) {
	left := s.conns.retire()
	s.journal.close()
	ctx, cancel := context.WithTimeout(ctx, min(retireGrace, s.conf.Drain/2))
	defer cancel()
	select {
	case <-left:
	case <-ctx.Done():
	}
}

// retire stops all listeners. The channel is closed when no connection is left.
func (cs *conns) retire() (left <-chan struct{}) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	gone := make(chan struct{})
	cs.left = gone
	cs.retiring.Store(true)
	for l := range cs.listeners {
		_ = l.Close() // Accept says the rest
	}
	cs.tellLeft()
	return gone
}

// tellLeft is called when a connection or a listener has gone. A listener goes when its Accept says so: until then it
// may have accepted a connection that is not among those that are open yet. cs.mu is held.
func (cs *conns) tellLeft() {
	if cs.left != nil && len(cs.open) == 0 && len(cs.listeners) == 0 {
		close(cs.left)
		cs.left = nil
	}
}

// retiring has answers end their connections once the server has a successor.
func (s *Server) retiring(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.conns.retiring.Load() {
			w.Header().Set("Connection", "close")
		}
		h.ServeHTTP(w, r)
	})
}
