// Package webtest has clients of library httpd (testdata/libs), who must not notice that its versions come and
// go. It is for tests only.
package webtest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
)

// A Client makes requests over one connection, and does not try again.
type Client struct {
	net.Conn
	r *bufio.Reader
}

// Dial connects a client to an address, or to a unix socket by its absolute path. The caller closes it.
func Dial(address string) (*Client, error) {
	network := "tcp"
	if strings.HasPrefix(address, "/") {
		network = "unix"
	}
	c, err := net.Dial(network, address)
	if err != nil {
		return nil, err
	}
	return &Client{c, bufio.NewReader(c)}, nil
}

// Post sends a text, which must come back, and returns the version that has answered, and whether the
// connection stays open. The query is of the URL, as "?sleep=3ms", or empty.
func (c *Client) Post(query, text string) (version string, open bool, err error) {
	_, err = fmt.Fprintf(c, "POST /%s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", query, len(text), text)
	if err != nil {
		return "", false, err
	}
	answer, err := http.ReadResponse(c.r, nil)
	if err != nil {
		return "", false, err
	}
	body, err := io.ReadAll(answer.Body)
	version, echo, _ := strings.Cut(string(body), " ")
	if err == nil && (answer.StatusCode != http.StatusOK || echo != text) {
		err = fmt.Errorf("%s: %q to %q", answer.Status, body, text)
	}
	return version, !answer.Close, err
}

// Clients has four clients post until stop is called, each new ones for each request unless it stays: none may be
// refused, cut off, or get another answer. Stop returns how many connections and requests they have made.
func Clients(t testing.TB, address string, stays bool, query string) (stop func() (connections, requests int64)) {
	var ended atomic.Bool
	var connections, requests atomic.Int64
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			var c *Client
			for n := 0; !ended.Load(); n++ {
				var err error
				if c == nil {
					if c, err = Dial(address); !assert.NoError(t, err) {
						return
					}
					connections.Add(1)
				}
				_, open, err := c.Post(query, fmt.Sprint(i, n))
				if !assert.NoError(t, err, "request %d", n) {
					return
				}
				requests.Add(1)
				if !open || !stays {
					_ = c.Close()
					c = nil
				}
			}
			if c != nil {
				_ = c.Close()
			}
		})
	}
	return func() (int64, int64) { ended.Store(true); all.Wait(); return connections.Load(), requests.Load() }
}
