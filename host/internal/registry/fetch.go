package registry

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/content"
)

// Index fetches what a tag or digest stands for. A manifest that no index is around is an index of one.
func (c *Client) Index(ctx context.Context, tag string) (*Index, error) {
	d, err := c.Resolve(ctx, tag)
	if err != nil {
		return nil, err
	}
	return c.IndexOf(ctx, d)
}

// IndexOf is Index for what Resolve has said.
func (c *Client) IndexOf(ctx context.Context, d ocispec.Descriptor) (*Index, error) {
	parse := func(b []byte) (*Index, error) { return parseIndex(d, b) }
	switch d.MediaType {
	case ocispec.MediaTypeImageIndex:
	case ocispec.MediaTypeImageManifest:
		parse = func(b []byte) (*Index, error) { return c.indexOfOne(ctx, d, b) }
	default:
		return nil, fmt.Errorf("%s: %w: it is of type %s", c.Reference.WithTag(d.Digest.String()), ErrNoLibrary, d.MediaType)
	}
	b, err := c.Fetch(ctx, d)
	if err != nil {
		return nil, err
	}
	i, err := parse(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Reference.WithTag(d.Digest.String()), err)
	}
	return i, nil
}

// indexOfOne asks the config for which platform a manifest is.
func (c *Client) indexOfOne(ctx context.Context, d ocispec.Descriptor, b []byte) (*Index, error) {
	var m ocispec.Manifest
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoLibrary, err)
	}
	e := Entry{Descriptor: d, Name: m.Annotations[nameAnnotation], Version: m.Annotations[versionAnnotation]}
	if err := e.check(); err != nil {
		return nil, err
	}
	b, err := c.Fetch(ctx, m.Config)
	if err != nil {
		return nil, err
	}
	var image ocispec.Image
	if err := json.Unmarshal(b, &image); err != nil {
		return nil, fmt.Errorf("%w: the config: %w", ErrNoLibrary, err)
	}
	e.Platform = ocispec.Platform{OS: image.OS, Architecture: image.Architecture}
	return &Index{Descriptor: d, Entries: []Entry{e}}, nil
}

// Library fetches the manifest of an entry.
func (c *Client) Library(ctx context.Context, e Entry) (Library, error) {
	b, err := c.Fetch(ctx, e.Descriptor)
	if err != nil {
		return Library{}, err
	}
	l, err := parseManifest(e, b)
	if err != nil {
		return l, fmt.Errorf("%s: %w", c.Reference.WithTag(e.Descriptor.Digest.String()), err)
	}
	return l, nil
}

// Fetch fetches something small, a manifest or blob as the descriptor's media type says, and checks size and digest.
func (c *Client) Fetch(ctx context.Context, d ocispec.Descriptor) ([]byte, error) {
	what := c.of(d.Digest.String())
	if d.Size > maxIndex {
		return nil, what.error("fetch", fmt.Errorf("%w: %d bytes, more than %d", ErrDamaged, d.Size, maxIndex))
	}
	ctx, cancel := c.bounded(ctx, d.Size)
	defer cancel()
	repo, err := c.repository(ctx)
	if err != nil {
		return nil, err
	}
	b, err := content.FetchAll(ctx, repo, d)
	return b, what.error("fetch", damaged(because(ctx, err)))
}

func (i *Index) sort() {
	for _, list := range [][]Entry{i.Entries, i.Next} {
		slices.SortFunc(list, func(a, b Entry) int {
			return cmp.Or(cmp.Compare(a.Platform.OS, b.Platform.OS), cmp.Compare(a.Platform.Architecture, b.Platform.Architecture))
		})
	}
}
