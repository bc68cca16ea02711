package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/content"
	"oras.land/oras-go/v2/registry"
	"oras.land/oras-go/v2/registry/remote/auth"
	"oras.land/oras-go/v2/registry/remote/errcode"
)

// errNoRanges means that a registry sends a blob from its start only.
var errNoRanges = errors.New("the registry does not answer range requests")

// open asks for a blob from an offset on, to its end or for so many bytes if length is positive. What comes instead of what was asked for is
// errNoRanges. The caller closes the body.
func (c *Client) open(ctx context.Context, d ocispec.Descriptor, offset, length int64) (io.ReadCloser, error) {
	repo, err := c.repository(ctx)
	if err != nil {
		return nil, err
	}
	ref := registry.Reference{Registry: repo.Reference.Registry, Repository: repo.Reference.Repository, Reference: d.Digest.String()}
	scheme := "https"
	if repo.PlainHTTP {
		scheme = "http"
	}
	ctx = auth.AppendRepositoryScope(ctx, ref, auth.ActionPull)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s://%s/v2/%s/blobs/%s", scheme, ref.Host(), ref.Repository, ref.Reference), nil)
	if err != nil {
		return nil, err
	}
	whole := offset == 0 && length <= 0
	last := d.Size - 1
	if length > 0 {
		last = min(last, offset+length-1)
	}
	if !whole {
		r.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", offset, last))
	}
	resp, err := repo.Client.Do(r)
	if err != nil {
		return nil, err
	}
	if err := checkBlob(resp, whole, d.Size, offset, last); err != nil {
		_ = resp.Body.Close()
		return nil, err
	}
	return resp.Body, nil
}

// checkBlob compares what is announced with what was asked for.
func checkBlob(resp *http.Response, whole bool, size, offset, last int64) error {
	switch {
	case resp.StatusCode == http.StatusOK && whole:
		if resp.ContentLength >= 0 && resp.ContentLength != size {
			return fmt.Errorf("%w: it has %d bytes, and its descriptor says %d", ErrDamaged, resp.ContentLength, size)
		}
		return nil
	case resp.StatusCode == http.StatusOK, resp.StatusCode == http.StatusRequestedRangeNotSatisfiable && !whole:
		return errNoRanges
	case resp.StatusCode == http.StatusPartialContent && !whole:
		got, want := resp.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-%d/", offset, last)
		if got != want+fmt.Sprint(size) && got != want+"*" {
			return fmt.Errorf("%w: the registry sends %q, and was asked for %q", ErrDamaged, got, want)
		}
		return nil
	}
	return &errcode.ErrorResponse{Method: resp.Request.Method, URL: resp.Request.URL, StatusCode: resp.StatusCode}
}

// A File reads a library where it is, by range requests. Nothing that it reads is checked by digest: it is good
// to look at, and not to load. It is safe for concurrent use.
type File struct {
	ctx  context.Context
	c    *Client
	l    Library
	Size int64 // of the file, in bytes
}

// Open reads the header of the layer.
func (c *Client) Open(ctx context.Context, l Library) (*File, error) {
	f := &File{ctx, c, l, 0}
	header := make([]byte, headerSize)
	if err := f.read(header, 0); err != nil {
		return nil, err
	}
	size, err := readHeader(header, l.Layer.Size, l.FileName())
	if err != nil {
		return nil, c.of(l.Descriptor.Digest.String()).error("read", err)
	}
	f.Size = size
	return f, nil
}

// ReadAt is that of io.ReaderAt.
func (f *File) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 || off >= f.Size {
		return 0, io.EOF
	}
	if rest := f.Size - off; int64(len(p)) > rest {
		p, err = p[:rest], io.EOF
	}
	if e := f.read(p, headerSize+off); e != nil {
		return 0, e
	}
	return len(p), err
}

func (f *File) read(p []byte, at int64) error {
	ctx, cancel := f.c.bounded(f.ctx, int64(len(p)))
	defer cancel()
	body, err := f.c.open(ctx, f.l.Layer, at, int64(len(p)))
	if err == nil {
		_, err = io.ReadFull(body, p)
		_ = body.Close()
	}
	return f.c.of(f.l.Layer.Digest.String()).error("read a part of", because(ctx, err))
}

// damaged has errors of oras about content wrap ErrDamaged.
func damaged(err error) error {
	for _, e := range []error{content.ErrInvalidDescriptorSize, content.ErrMismatchedDigest, content.ErrTrailingData, io.ErrUnexpectedEOF, digest.ErrDigestInvalidFormat} {
		if errors.Is(err, e) {
			return fmt.Errorf("%w: %w", ErrDamaged, err)
		}
	}
	return err
}
