//go:build cgo

package cabihttp

import (
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

// A conn knows whether a request has begun on it: only until then it can be handed over.
type conn struct {
	net.Conn
	server *Server

	reading sync.Mutex // held while a Read waits; guards what follows
	quiet   bool       // nothing was read since the last request
	fresh   bool       // there was none yet, of a client that has just connected
	gone    bool       // it was handed over, or closed instead

	deadlines sync.Mutex // guards what follows; inside of reading
	deadline  time.Time  // of its Reads, as the server wants it
	called    bool       // a Read that waits is called back: the deadline is in the past
}

// is notes a state, which the server tells between two Reads.
func (c *conn) is(state http.ConnState) {
	switch state {
	case http.StateIdle:
		c.reading.Lock()
		c.quiet = true
		c.reading.Unlock()
		if stopping, _ := c.server.state(); stopping {
			c.leave(false)
		}
	case http.StateActive:
		c.reading.Lock()
		c.fresh = false
		c.reading.Unlock()
	case http.StateHijacked, http.StateClosed:
		c.server.forget(c)
	}
}

func (c *conn) Read(b []byte) (n int, err error) {
	for again := true; again; {
		n, again, err = c.read(b)
	}
	return n, err
}

// read is Read; again says that it was called back and the connection stays.
func (c *conn) read(b []byte) (n int, again bool, err error) {
	c.reading.Lock()
	defer c.reading.Unlock()
	if c.gone {
		return 0, false, net.ErrClosed
	}
	n, err = c.Conn.Read(b)
	if n > 0 {
		c.quiet = false
		return n, false, err
	}
	c.deadlines.Lock()
	defer c.deadlines.Unlock()
	return 0, c.called && errors.Is(err, os.ErrDeadlineExceeded), err
}

// ReadFrom has the kernel send files, as it does without this conn in between.
func (c *conn) ReadFrom(r io.Reader) (int64, error) { return io.Copy(c.Conn, r) }

// SetReadDeadline is the server's.
func (c *conn) SetReadDeadline(t time.Time) error {
	c.deadlines.Lock()
	defer c.deadlines.Unlock()
	c.deadline = t
	if c.called {
		return nil
	}
	return c.Conn.SetReadDeadline(t)
}

// SetDeadline is the server's.
func (c *conn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// call has a Read that waits come back, or lets Reads wait again.
func (c *conn) call(back bool) {
	c.deadlines.Lock()
	defer c.deadlines.Unlock()
	c.called = back
	t := c.deadline
	if back {
		t = time.Unix(1, 0)
	}
	_ = c.Conn.SetReadDeadline(t)
}

// leave hands the connection over, or closes it, unless a request has begun: then it leaves after the
// answer. One that can't be handed over and is fresh stays for its request, unless it has waited for too long.
func (c *conn) leave(late bool) {
	c.call(true)
	c.reading.Lock()
	defer c.reading.Unlock()
	_, goesOn := c.server.state()
	if c.quiet && !c.gone && (goesOn || !c.fresh || late) {
		c.gone = true
		if goesOn {
			c.server.handOver(c.Conn)
		}
		_ = c.Conn.Close() // this version's own; the server gets net.ErrClosed, and forgets it
	}
	c.call(false)
}
