//go:build cgo

package cabihttp

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/hotso/hotso/cabi"
)

// A Server is an http.Server that goes on from version to version. Start and Stop are hooks.
type Server struct {
	name string
	http *http.Server
	keep bool // connections may be handed over

	listener net.Listener
	served   chan struct{} // closed when Serve has returned

	mu       sync.Mutex
	conns    map[*conn]struct{}
	ended    chan struct{} // is sent to, if it has room, when a connection ends
	stopping bool
	goesOn   bool // in another version
	handed   int  // connections, over
}

// New returns a server whose listener has that name. The http.Server belongs to it from here on; its
// Handler and ConnState are called as ever.
func New(name string, srv *http.Server) *Server {
	s := &Server{
		name: name, http: srv, keep: srv.Protocols == nil || !srv.Protocols.UnencryptedHTTP2(),
		served: make(chan struct{}), conns: map[*conn]struct{}{}, ended: make(chan struct{}, 1),
	}
	handler := srv.Handler
	if handler == nil {
		handler = http.DefaultServeMux
	}
	srv.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if stopping, goesOn := s.state(); stopping && !goesOn {
			w.Header().Set("Connection", "close")
		}
		handler.ServeHTTP(w, r)
	})
	tell := srv.ConnState
	srv.ConnState = func(c net.Conn, state http.ConnState) {
		if c, ok := c.(*conn); ok {
			c.is(state)
		}
		if tell != nil {
			tell(c, state)
		}
	}
	return s
}

// Addr is where it listens; nil before Start.
func (s *Server) Addr() net.Addr {
	if s.listener == nil {
		return nil
	}
	return s.listener.Addr()
}

// Start begins to serve.
func (s *Server) Start(context.Context) (err error) {
	if s.listener, err = s.listen(); err != nil {
		return err
	}
	inherited, err := s.inherit()
	if err == nil {
		if err = cabi.HandOver(s.name, s.listener); errors.Is(err, cabi.ErrNoHost) {
			err = nil // as in any other program
		}
	}
	if err != nil {
		_ = s.listener.Close()
		for _, c := range inherited {
			_ = c.Close()
		}
		return err
	}
	go func() {
		defer close(s.served)
		_ = s.http.Serve(&listener{Listener: s.listener, server: s, first: inherited})
	}()
	return nil
}

func (s *Server) listen() (net.Listener, error) {
	f, err := cabi.Inherited(s.name)
	if errors.Is(err, cabi.ErrNotInherited) {
		return net.Listen("tcp", s.http.Addr)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return net.FileListener(f)
}

// connection is the name of the n-th connection that is handed over.
func (s *Server) connection(n int) string { return fmt.Sprintf("%s/%d", s.name, n) }

// inherit returns the connections that were handed over.
func (s *Server) inherit() (conns []net.Conn, err error) {
	for {
		f, err := cabi.Inherited(s.connection(len(conns)))
		if errors.Is(err, cabi.ErrNotInherited) {
			return conns, nil
		}
		if err != nil {
			return conns, err
		}
		c, err := net.FileConn(f)
		_ = f.Close()
		if err != nil {
			return conns, err
		}
		conns = append(conns, c)
	}
}

// patience is how long a client that has just connected may take to send its first request when the server
// stops and can't hand the connection over; as in net/http.
const patience = 5 * time.Second

// Stop ends it: requests that are being answered are waited for until ctx ends, and then cut off.
//
// Shutdown comes last, when it has nothing to do. It drops a connection that is being accepted and a first
// request that is being read, and closes idle connections while a request may come.
func (s *Server) Stop(ctx context.Context) error {
	goesOn := s.keep && cabi.HandOver(s.name, s.listener) == nil // else nobody is there to take anything
	s.mu.Lock()
	s.stopping, s.goesOn = true, goesOn
	s.mu.Unlock()
	_ = s.listener.Close()
	<-s.served // from here on no connection comes
	for _, c := range s.all() {
		c.leave(false)
	}
	late := time.NewTimer(patience)
	defer late.Stop()
	for len(s.all()) > 0 { // those that were busy leave by themselves
		select {
		case <-s.ended:
		case <-late.C:
			for _, c := range s.all() {
				c.leave(true)
			}
		case <-ctx.Done():
			_ = s.http.Close()
			return ctx.Err()
		}
	}
	return s.http.Shutdown(ctx) // for those who have registered for it
}

// state reports whether the server stops, and whether connections go on to another version then.
func (s *Server) state() (stopping, goesOn bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stopping, s.goesOn
}

func (s *Server) all() []*conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Keys(s.conns))
}

// A listener returns the connections that were inherited first.
type listener struct {
	net.Listener
	server *Server
	first  []net.Conn
}

func (l *listener) Accept() (c net.Conn, err error) {
	if len(l.first) > 0 {
		c, l.first = l.first[0], l.first[1:]
		return l.server.track(c, false), nil
	}
	if c, err = l.Listener.Accept(); err != nil {
		return nil, err
	}
	return l.server.track(c, true), nil
}

func (s *Server) track(c net.Conn, fresh bool) net.Conn {
	tracked := &conn{Conn: c, server: s, quiet: true, fresh: fresh}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns[tracked] = struct{}{}
	return tracked
}

func (s *Server) forget(c *conn) {
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
	select {
	case s.ended <- struct{}{}:
	default:
	}
}

// handOver hands a connection over; if that fails, its client sees it closed.
func (s *Server) handOver(c net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if cabi.HandOver(s.connection(s.handed), c) == nil {
		s.handed++
	}
}
