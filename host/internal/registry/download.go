package registry

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/opencontainers/go-digest"
)

// Download gets the layer of a library into part, a file that is open for reading and writing, and goes on with what is in it
// already. When it returns nil, part has all of the layer, as its digest says, and the file in it begins at the offset
// of the result and has the digest that the manifest says. When an error is ErrDamaged, what was there is worth nothing, and
// part is empty; when it is ErrNoLibrary, the layer is whole and contradicts its manifest; otherwise it may be tried again.
func (c *Client) Download(ctx context.Context, l Library, part *os.File, progress Progress) (*io.SectionReader, error) {
	info, err := part.Stat()
	if err != nil {
		return nil, err
	}
	have := info.Size()
	if have > l.Layer.Size {
		have = 0
	}
	if have < l.Layer.Size {
		if err := c.get(ctx, l, part, have, progress); err != nil {
			if errors.Is(err, ErrDamaged) {
				_ = part.Truncate(0)
			}
			return nil, c.of(l.Layer.Digest.String()).error("download", err)
		}
	}
	file, err := check(l, part)
	if err != nil {
		_ = part.Truncate(0)
		return nil, c.of(l.Layer.Digest.String()).error("download", err)
	}
	return file, nil
}

// get appends what comes to part, whatever it is.
func (c *Client) get(ctx context.Context, l Library, part *os.File, have int64, progress Progress) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stall := 2 * c.timeout
	stalled := time.AfterFunc(stall, func() { cancel(fmt.Errorf("nothing came for %v", stall)) })
	defer stalled.Stop()
	body, err := c.open(ctx, l.Layer, have, 0)
	if errors.Is(err, errNoRanges) {
		have = 0
		body, err = c.open(ctx, l.Layer, 0, 0)
	}
	if err != nil {
		return because(ctx, err)
	}
	defer body.Close()
	if err := part.Truncate(have); err != nil {
		return err
	}
	if _, err := part.Seek(have, io.SeekStart); err != nil {
		return err
	}
	coming := &counting{io.LimitReader(body, l.Layer.Size-have+1), 0, func(n int64) {
		stalled.Reset(stall)
		progress.tell(have+n, l.Layer.Size)
	}}
	n, err := io.Copy(struct{ io.Writer }{part}, coming)
	switch {
	case err != nil:
		return because(ctx, err) // the connection broke: what came is good so far
	case have+n > l.Layer.Size:
		return fmt.Errorf("%w: more bytes than the %d that its descriptor says", ErrDamaged, l.Layer.Size)
	case have+n < l.Layer.Size:
		return fmt.Errorf("%w after %d of %d bytes", io.ErrUnexpectedEOF, have+n, l.Layer.Size)
	}
	return nil
}

// check reads a layer once, for its digest and that of the file.
func check(l Library, part *os.File) (*io.SectionReader, error) {
	header := make([]byte, headerSize)
	if _, err := part.ReadAt(header, 0); err != nil {
		return nil, err
	}
	whole, inside := sha256.New(), sha256.New()
	_, _ = whole.Write(header)
	size, malformed := readHeader(header, l.Layer.Size, l.FileName())
	file := io.NewSectionReader(part, headerSize, size)
	if _, err := io.Copy(io.MultiWriter(whole, inside), file); err != nil {
		return nil, err
	}
	if _, err := io.Copy(whole, io.NewSectionReader(part, headerSize+size, l.Layer.Size-headerSize-size)); err != nil {
		return nil, err
	}
	if got := digest.NewDigest(digest.SHA256, whole); got != l.Layer.Digest {
		return nil, fmt.Errorf("%w: the layer has the digest %s", ErrDamaged, got)
	}
	if malformed != nil {
		return nil, malformed
	}
	if got := hex.EncodeToString(inside.Sum(nil)); got != l.File.Encoded() {
		return nil, fmt.Errorf("%w: the file in the layer has the digest sha256:%s, and the manifest says %s", ErrNoLibrary, got, l.File)
	}
	_, err := file.Seek(0, io.SeekStart)
	return file, err
}
