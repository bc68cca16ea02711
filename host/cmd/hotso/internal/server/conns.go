package server

import (
	"cmp"
	"container/list"
	"context"
	"errors"
	"net"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// conns are the connections of a server. A request is engaged from when its body is
// there until it is answered; a connection without one waits for its client, and owes it
// nothing yet. So it is those that make room when there are too many, and that a server
// which ends does not wait for.
type conns struct {
	max   int
	lacks *lacks

	mu      sync.Mutex
	open    map[*conn]struct{}
	counted int
	fresh   list.List // of *conn, counted ones without a reply yet, the one that has waited longest first
	waiting list.List // likewise, those with one; they make room when no other does
	grace   time.Duration
	end     time.Time // not zero: the server ends, and clients have until then

	listeners map[net.Listener]struct{}
	retiring  atomic.Bool     // written with mu held
	left      chan<- struct{} // closed when no connection is open; nil: nobody waits for it
}

func newConns(max int) *conns {
	return &conns{max: max, open: map[*conn]struct{}{}, lacks: new(lacks), listeners: map[net.Listener]struct{}{}}
}

// count is how many are open.
func (cs *conns) count() int {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	return len(cs.open)
}

// A conn gives each piece that is written a time of its own: a client that reads
// slowly gets all of its reply, and one that does not read is let go. This holds for
// whatever the server writes, also for what net/http flushes behind a handler.
type conn struct {
	net.Conn
	of      *conns
	dir     string // whose socket it came through, empty: none's
	counted bool   // among those that max bounds

	// Under of.mu:
	engaged bool
	ahead   bool          // the client has sent something before it had its reply
	heard   bool          // it has sent something since its last reply
	known   bool          // it has had a reply
	reading bool          // a Read waits, or is about to
	readBy  time.Time     // the deadline of reads
	waitsBy time.Time     // the one that Conn has
	written time.Time     // when Conn's deadline of writes was set
	place   *list.Element // in of.fresh or of.waiting

	turn *turn // of its request, nil if it has none; of the goroutine that serves it
}

const (
	writePiece   = 64 << 10         // bytes that a client has writeTimeout to take
	writeTimeout = 10 * time.Second // ... so a reply of any length needs 6.4 KB/s
	writeSlack   = writeTimeout / 16
	endGrace     = 2 * time.Second // the same for both directions once the server ends
)

// listen has conns look after what l accepts. The unix socket, which only the owner can
// open, is not counted: deployments come through however many others there are.
func (cs *conns) listen(l net.Listener) net.Listener { return cs.listenFor("", l) }

// listenFor is listen for the socket of a directory.
func (cs *conns) listenFor(dir string, l net.Listener) net.Listener {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.listeners[l] = struct{}{}
	if cs.retiring.Load() {
		_ = l.Close()
	}
	return &listener{l, cs, dir, l.Addr().Network() != "unix"}
}

type listener struct {
	net.Listener
	conns   *conns
	dir     string
	counted bool
}

// Close may come twice: once clients have gone to another process, and at the end.
func (l *listener) Close() error {
	if err := l.Listener.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

func (l *listener) Accept() (net.Conn, error) {
	for {
		runtime.Gosched() // as many as come at once would have a processor for milliseconds
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, l.conns.ended(l.Listener, err)
		}
		if c := l.conns.add(c, l.dir, l.counted); c != nil {
			return c, nil
		}
	}
}

// ended forgets a listener. One that was closed because the server has a successor has done what it should.
func (cs *conns) ended(l net.Listener, err error) error {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.retiring.Load() {
		err = http.ErrServerClosed
	}
	if !isTemporary(err) {
		delete(cs.listeners, l)
		cs.tellLeft()
	}
	return err
}

// isTemporary is what net/http tries again after.
func isTemporary(err error) bool {
	var t interface{ Temporary() bool }
	return errors.As(err, &t) && t.Temporary()
}

// add makes room for c. If there is none, because all others are engaged, c is told so
// and closed.
func (cs *conns) add(c net.Conn, dir string, counted bool) net.Conn {
	cs.mu.Lock()
	full := counted && cs.counted >= cs.max
	if full {
		cs.lacks.connections.Add(1)
	}
	var oldest *conn
	if first := cmp.Or(cs.fresh.Front(), cs.waiting.Front()); full && first != nil {
		oldest = first.Value.(*conn)
		cs.remove(oldest)
	} else if full {
		cs.mu.Unlock()
		refuse(c)
		return nil
	}
	added := &conn{Conn: c, of: cs, dir: dir, counted: counted}
	cs.open[added] = struct{}{}
	if counted {
		cs.counted++
		added.place = cs.fresh.PushBack(added)
	}
	cs.mu.Unlock()
	if oldest != nil {
		_ = oldest.Conn.Close()
	}
	return added
}

// refuse answers a client that there is no connection for. What it has sent is not read,
// so it may see a reset instead.
func refuse(c net.Conn) {
	const text = `{"error":"there are too many connections"}` + "\n"
	_ = c.SetWriteDeadline(time.Now().Add(time.Second)) // it fits into the socket's buffer
	_, _ = c.Write([]byte("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\n" +
		"Content-Type: application/json\r\n\r\n" + text))
	_ = c.Close()
}

// remove forgets c. cs.mu is held.
func (cs *conns) remove(c *conn) {
	if _, ok := cs.open[c]; !ok {
		return
	}
	delete(cs.open, c)
	if c.counted {
		cs.counted--
	}
	c.leave()
	cs.tellLeft()
}

// leave takes c out of those that wait. of.mu is held.
func (c *conn) leave() {
	if c.place != nil {
		c.of.fresh.Remove(c.place) // each ignores an element of the other
		c.of.waiting.Remove(c.place)
		c.place = nil
	}
}

// drain begins the end: from now on a client has grace to send a request that it has begun,
// and for each piece of a reply. Requests that are engaged take the time that they need.
func (cs *conns) drain(grace time.Duration) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.grace, cs.end = grace, time.Now().Add(grace)
	for c := range cs.open {
		_ = c.Conn.SetWriteDeadline(cs.end)
		if !c.engaged {
			_ = c.setReadDeadline(cs.end)
		}
	}
}

func (c *conn) Write(b []byte) (n int, err error) {
	for {
		piece := b[n:min(len(b), n+writePiece)]
		c.extend()
		m, err := c.Conn.Write(piece)
		if n += m; err != nil || n == len(b) {
			return n, err
		}
	}
}

// Read notes when the client sends, for pipelined.
func (c *conn) Read(b []byte) (n int, err error) {
	c.of.mu.Lock()
	c.reading = true
	_ = c.setReadDeadline(c.readBy)
	c.of.mu.Unlock()
	n, err = c.Conn.Read(b)
	c.of.mu.Lock()
	c.reading = false
	if n > 0 {
		c.heard, c.ahead = true, c.ahead || c.engaged
	}
	known := c.known
	c.of.mu.Unlock()
	if !known {
		// Connections cost their client little. Whoever comes with a new one goes to the end of the line, behind those
		// that are ready on the runtime's lists of each processor.
		runtime.Gosched()
	}
	return n, err
}

// setReadDeadline passes a deadline on when somebody reads: net/http sets nine for a request, and mostly reads twice.
// of.mu is held.
func (c *conn) setReadDeadline(t time.Time) error {
	c.readBy = t
	if !c.reading || t.Equal(c.waitsBy) {
		return nil
	}
	c.waitsBy = t
	return c.Conn.SetReadDeadline(t)
}

// pipelined reports whether the request that begins was sent before the reply to the one
// before. net/http may have had it in its buffer already.
func (c *conn) pipelined() bool {
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	ahead := c.ahead || !c.heard
	c.ahead = false
	return ahead
}

func (c *conn) extend() {
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	now := time.Now()
	switch {
	case !c.of.end.IsZero():
		_ = c.Conn.SetWriteDeadline(now.Add(c.of.grace))
	case now.Sub(c.written) > writeSlack: // most replies are one piece, and there are many in that time
		c.written = now
		_ = c.Conn.SetWriteDeadline(now.Add(writeTimeout + writeSlack))
	}
}

// SetReadDeadline is never later than the server's end, unless a request is engaged: then
// net/http reads only to learn whether the client is still there.
func (c *conn) SetReadDeadline(t time.Time) error {
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	if end := c.of.end; !c.engaged && !end.IsZero() && (t.IsZero() || t.After(end)) {
		t = end
	}
	return c.setReadDeadline(t)
}

func (c *conn) Close() error {
	c.of.mu.Lock()
	c.of.remove(c)
	c.of.mu.Unlock()
	return c.Conn.Close()
}

// NetConn returns the connection below, as that of tls.Conn does.
func (c *conn) NetConn() net.Conn { return c.Conn }

// engage says that a request is there as a whole, and ends the deadline for it.
func (c *conn) engage() {
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	c.engaged = true
	c.leave()
	_ = c.setReadDeadline(time.Time{})
}

// disengage says that the connection waits for its client.
func (c *conn) disengage() {
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	c.engaged, c.heard, c.known = false, false, true
	if _, open := c.of.open[c]; open && c.counted {
		c.leave()
		c.place = c.of.waiting.PushBack(c)
	}
}

type connKey struct{}

// withConn is for http.Server.ConnContext.
func withConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// connOf returns the connection of a request; nil if it did not come through a listener
// of conns.
func connOf(r *http.Request) *conn {
	c, _ := r.Context().Value(connKey{}).(*conn)
	return c
}
