package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

// Download gets the layer of a library into part, a file that is open for reading and writing, and goes on with what is in it
// already. When it returns nil, the layer was what its digest says, and part has the file in it, which has the digest that the
// manifest says. When an error is ErrDamaged, what was there is worth nothing, and part is empty; when it is ErrNoLibrary, the
// layer is whole and contradicts its manifest; otherwise it may be tried again.
//
// While it comes, part has the layer without its header, so that the file is where it is to be in the end.
func (c *Client) Download(ctx context.Context, l Library, part *os.File, progress Progress) (*io.SectionReader, error) {
	info, err := part.Stat()
	if err != nil {
		return nil, err
	}
	have := info.Size()
	if have > l.Layer.Size-headerSize {
		have = 0
	}
	s, err := c.get(ctx, l, part, have, progress)
	if err != nil {
		if errors.Is(err, ErrDamaged) {
			_ = part.Truncate(0)
		}
		return nil, c.of(l.Layer.Digest.String()).error("download", err)
	}
	if err := s.check(); err != nil {
		_ = part.Truncate(0)
		return nil, c.of(l.Layer.Digest.String()).error("download", err)
	}
	if err := part.Truncate(s.size); err != nil {
		return nil, err
	}
	return io.NewSectionReader(part, 0, s.size), nil
}

// get appends what comes to part, whatever it is, and returns the digests of all of it.
func (c *Client) get(ctx context.Context, l Library, part *os.File, have int64, progress Progress) (*sums, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stall := 2 * c.timeout
	stalled := time.AfterFunc(stall, func() { cancel(fmt.Errorf("nothing came for %v", stall)) })
	defer stalled.Stop()
	header := make([]byte, headerSize)
	body, at, err := c.goOn(ctx, l, header, have)
	if err != nil {
		return nil, because(ctx, err)
	}
	defer body.Close()
	coming := &counting{io.LimitReader(body, l.Layer.Size-at+1), tally{0, func(n int64) {
		stalled.Reset(stall)
		progress.tell(at+n, l.Layer.Size)
	}}}
	if at == 0 {
		have = 0
		if n, err := io.ReadFull(coming, header); err != nil {
			return nil, because(ctx, fmt.Errorf("%w after %d of %d bytes", err, n, l.Layer.Size))
		}
	}
	if err := part.Truncate(have); err != nil {
		return nil, err
	}
	if _, err := part.Seek(have, io.SeekStart); err != nil {
		return nil, err
	}
	s := newSums(l, header, part)
	defer s.end()
	s.grow(have)
	_, err = io.CopyBuffer(&telling{part, tally{have, s.grow}}, coming, make([]byte, pieceSize))
	switch came := at + coming.n; {
	case err != nil:
		return nil, because(ctx, err) // the connection broke: what came is good so far
	case came > l.Layer.Size:
		return nil, fmt.Errorf("%w: more bytes than the %d that its descriptor says", ErrDamaged, l.Layer.Size)
	case came < l.Layer.Size:
		return nil, fmt.Errorf("%w after %d of %d bytes", io.ErrUnexpectedEOF, came, l.Layer.Size)
	}
	return s, nil
}

// goOn asks for what is missing of a layer, of which so many bytes are there behind the header, and says where it begins. Unless that is
// the start, it has read the header. The caller closes the body.
func (c *Client) goOn(ctx context.Context, l Library, header []byte, have int64) (body io.ReadCloser, at int64, err error) {
	if have > 0 {
		body, err = c.open(ctx, l.Layer, 0, headerSize)
		if err == nil {
			_, err = io.ReadFull(body, header)
			_ = body.Close()
		}
		at = headerSize + have
		switch {
		case err == nil && at == l.Layer.Size:
			return http.NoBody, at, nil
		case err == nil:
			body, err = c.open(ctx, l.Layer, at, 0)
		}
		if !errors.Is(err, errNoRanges) {
			return body, at, err
		}
	}
	body, err = c.open(ctx, l.Layer, 0, 0)
	return body, 0, err
}

// telling tells how many bytes are written.
type telling struct {
	io.Writer
	tally
}

func (t *telling) Write(p []byte) (n int, err error) {
	n, err = t.Writer.Write(p)
	t.add(n)
	return n, err
}
