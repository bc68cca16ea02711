package registrytest

import (
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"sync"

	"github.com/stretchr/testify/require"
)

// A server listens until it is stopped.
type server struct {
	http    http.Server
	addr    string
	running sync.WaitGroup // what accepts connections, and each connection
}

func (p *Proxy) listen(addr string, handler http.Handler) *server {
	p.t.Helper()
	listener, err := net.Listen("tcp", addr)
	require.NoError(p.t, err)
	s := &server{addr: listener.Addr().String()}
	s.http.Handler, s.http.ErrorLog = handler, log.New(io.Discard, "", 0)
	// One request at a time on a connection, so that closing it is a fault of one request.
	s.http.Protocols = new(http.Protocols)
	s.http.Protocols.SetHTTP1(true)
	s.http.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			s.running.Add(1)
		case http.StateClosed:
			s.running.Done()
		}
	}
	if p.registry.certFile == "" {
		s.running.Go(func() { _ = s.http.Serve(listener) })
		return s
	}
	pair, err := tls.LoadX509KeyPair(p.registry.certFile, p.registry.keyFile)
	require.NoError(p.t, err)
	s.http.TLSConfig = &tls.Config{Certificates: []tls.Certificate{pair}}
	s.running.Go(func() { _ = s.http.ServeTLS(listener, "", "") })
	return s
}

// stop closes all connections and waits for what serves them.
func (s *server) stop() {
	_ = s.http.Close()
	s.running.Wait()
}
