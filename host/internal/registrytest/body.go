package registrytest

import (
	"io"
	"net/http"
	"strconv"
	"time"
)

func httpDate(t time.Time) string    { return t.UTC().Format(http.TimeFormat) }
func seconds(d time.Duration) string { return strconv.Itoa(int(d.Seconds())) }

// change does to a response what the fault says. done ends waiting.
func (f *Fault) change(resp *http.Response, done <-chan struct{}) {
	if f.Clock != 0 {
		resp.Header.Set("Date", httpDate(time.Now().Add(f.Clock)))
	}
	length := resp.ContentLength
	if f.SizeBy != 0 && length >= 0 {
		length = max(0, length+f.SizeBy)
	}
	claimed := length
	if f.ClaimMore > 0 && length >= 0 {
		claimed = length + f.ClaimMore
	}
	if f.Chunked {
		claimed = -1
	}
	if claimed != resp.ContentLength {
		resp.ContentLength = claimed
		resp.Header.Del("Content-Length")
		if claimed >= 0 {
			resp.Header.Set("Content-Length", strconv.FormatInt(claimed, 10))
		}
	}
	if resp.Request.Method == http.MethodHead {
		return
	}
	b := &body{Closer: resp.Body, from: resp.Body, rate: f.BytesPerSecond, done: done, corrupt: f.Corrupt}
	if f.SizeBy > 0 {
		b.from = io.MultiReader(b.from, io.LimitReader(zeros{}, f.SizeBy))
	} else if f.SizeBy < 0 {
		b.from = io.LimitReader(b.from, length)
	}
	if f.CutAfter > 0 {
		b.from = &cut{b.from, f.CutAfter}
	}
	resp.Body = b
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// cut ends with an error, at which the proxy closes the connection.
type cut struct {
	from io.Reader
	left int64
}

func (c *cut) Read(p []byte) (int, error) {
	if c.left == 0 {
		return 0, io.ErrUnexpectedEOF
	}
	n, err := c.from.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	return n, err
}

// A body is read for the client: slowly, or damaged.
type body struct {
	io.Closer
	from    io.Reader
	rate    int // bytes per second
	done    <-chan struct{}
	corrupt bool
}

func (b *body) Read(p []byte) (int, error) {
	if b.rate > 0 {
		// Twenty pieces a second, so that the client sees bytes come all the time.
		p = p[:min(len(p), max(1, b.rate/20))]
	}
	n, err := b.from.Read(p)
	if b.corrupt && n > 0 {
		p[0] ^= 0xff
		b.corrupt = false
	}
	if b.rate > 0 && n > 0 {
		select {
		case <-time.After(time.Duration(n) * time.Second / time.Duration(b.rate)):
		case <-b.done:
			return 0, io.ErrUnexpectedEOF
		}
	}
	return n, err
}
