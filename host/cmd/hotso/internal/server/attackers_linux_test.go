package server_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// An attacker is one hostile client. It goes on until ctx ends; addr is what the server
// listens on.
type attacker func(ctx context.Context, addr string)

// attackers are what the limits of a server are for.
var attackers = map[string]attacker{
	"slow headers":       slowHeaders,
	"slow bodies":        slowBodies,
	"chunked trickle":    chunkedTrickle,
	"replies not read":   neverRead,
	"events not read":    eventsNotRead,
	"pipeline":           pipeline,
	"connections":        flood,
	"idle":               idle,
	"huge headers":       hugeHeaders,
	"many arguments":     posts("Int32", list("{}")),
	"many numbers":       posts("Float64s", "["+list("1")+"]"),
	"objects":            posts("Float64s", "["+list("{}")+"]"),
	"wrong at the end":   posts("Float64s", "["+list("1")+"x]"),
	"deep":               posts("Int32", strings.Repeat("[", 15<<20)),
	"fields":             posts("Turn", `[{"From":1`+strings.Repeat(`,"From":1`, 1<<20)+"}]"),
	"long text":          posts("Text", `["`+strings.Repeat("x", 15<<20)+`"]`),
	"unknown function":   posts("Nope", list("{}")),
	"half a request":     halfClosed("POST /call/Int32 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n["),
	"half-closed":        halfClosed(post("/call/Big", "[1000000, 1]")),
	"broken chunks":      halfClosed("POST /call/Int32 HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
	"no HTTP":            halfClosed("\x16\x03\x01\x02\x00\x01\x00"),
	"unwanted body":      halfClosed("GET /versions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n"),
	"body of deployment": halfClosed("POST /swap HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n{"),
}

// list is a JSON array of some 15 MB.
func list(e string) string { return "[" + strings.Repeat(e+",", (15<<20)/(len(e)+1)) + e + "]" }

// pace is how often a slow client sends something.
const pace = 100 * time.Millisecond

// packet is how much a client sends at a time, in bytes: what comes from another machine comes in such pieces, while
// one large write keeps a processor of this one until all of it has been copied.
const packet = 16 << 10

// pause waits, and reports whether to go on.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// over has f use one connection after the other. The server may close it at any time.
func over(ctx context.Context, addr string, f func(net.Conn)) {
	for ctx.Err() == nil {
		var d net.Dialer
		c, err := d.DialContext(ctx, "tcp", addr)
		if err != nil {
			pause(ctx, pace)
			continue
		}
		stop := context.AfterFunc(ctx, func() { _ = c.Close() })
		f(c)
		stop()
		_ = c.Close()
	}
}

// trickle sends one part after the other, slowly, until the server has had enough.
func trickle(ctx context.Context, c net.Conn, begin, part string) {
	_, err := io.WriteString(c, begin)
	for err == nil && pause(ctx, pace) {
		_, err = io.WriteString(c, part)
	}
}

func slowHeaders(ctx context.Context, addr string) {
	over(ctx, addr, func(c net.Conn) {
		trickle(ctx, c, "POST /call/Int32 HTTP/1.1\r\nHost: localhost\r\n", "X: y\r\n")
	})
}

func slowBodies(ctx context.Context, addr string) {
	over(ctx, addr, func(c net.Conn) {
		trickle(ctx, c, "POST /call/Text HTTP/1.1\r\nHost: localhost\r\nContent-Length: 15000000\r\n\r\n[\""+strings.Repeat("x", 15<<10), "x")
	})
}

func chunkedTrickle(ctx context.Context, addr string) {
	over(ctx, addr, func(c net.Conn) {
		trickle(ctx, c, "POST /call/Text HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[\"\r\n",
			"1;"+strings.Repeat("e", 1000)+"\r\nx\r\n")
	})
}

func neverRead(ctx context.Context, addr string) {
	over(ctx, addr, func(c net.Conn) {
		_ = c.(*net.TCPConn).SetReadBuffer(4 << 10)
		_, _ = io.WriteString(c, post("/call/Big", "[20000000, 1]"))
		pause(ctx, 20*time.Second)
	})
}

func eventsNotRead(ctx context.Context, addr string) {
	over(ctx, addr, func(c net.Conn) {
		_, _ = io.WriteString(c, "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
		pause(ctx, 20*time.Second)
	})
}

// pipeline sends many requests before it reads the first answer.
func pipeline(ctx context.Context, addr string) {
	over(ctx, addr, func(c net.Conn) {
		go func() { _, _ = io.WriteString(c, strings.Repeat(post("/call/Int32", "[1]"), 1000)) }()
		pause(ctx, pace)
		_, _ = io.Copy(io.Discard, io.LimitReader(c, 100_000))
	})
}

func flood(ctx context.Context, addr string) { over(ctx, addr, func(net.Conn) { pause(ctx, pace/10) }) }

func idle(ctx context.Context, addr string) {
	over(ctx, addr, func(c net.Conn) { _, _ = c.Read(make([]byte, 1)) })
}

func hugeHeaders(ctx context.Context, addr string) {
	header := "X: " + strings.Repeat("y", 4000) + "\r\n"
	over(ctx, addr, func(c net.Conn) {
		trickle(ctx, c, "POST /call/Int32 HTTP/1.1\r\n"+strings.Repeat(header, 3), "X: y\r\n")
	})
}

// posts calls a function with a large body, and reads the answer.
func posts(function, body string) attacker {
	text := []byte(body) // once for all of them
	return func(ctx context.Context, addr string) {
		over(ctx, addr, func(c net.Conn) {
			go func() {
				_, _ = fmt.Fprintf(c, "POST /call/%s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n", function, len(body))
				for rest := text; len(rest) > 0; {
					n, err := c.Write(rest[:min(len(rest), packet)])
					if err != nil {
						return
					}
					rest = rest[n:]
				}
			}()
			_, _ = bufio.NewReader(c).ReadString('\n')
		})
	}
}

// halfClosed sends text and that nothing more comes, and does not read.
func halfClosed(text string) attacker {
	return func(ctx context.Context, addr string) {
		over(ctx, addr, func(c net.Conn) {
			_, _ = io.WriteString(c, text)
			_ = c.(*net.TCPConn).CloseWrite()
			pause(ctx, pace)
		})
	}
}
