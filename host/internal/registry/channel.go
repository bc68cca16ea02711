package registry

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/hotso/hotso/host/internal/plan"
)

// ErrMoved means that a tag stands for something else than was read.
var ErrMoved = errors.New("the tag was moved meanwhile")

// Move puts index under a tag that stands for was, the digest of an index, or for nothing if was is empty. The index before
// stays reachable from it: registries collect what no tag leads to. The error wraps ErrMoved if the tag stands for something else.
//
// No registry compares and swaps: the specification of OCI knows no condition for a tag, and those that were tried ignore If-Match.
// So there is a moment between the look and the write in which another writer wins unseen. Who can't have that
// looks again later whether its plan is in the history; see package judge.
func (c *Client) Move(ctx context.Context, tag, was string, index *Index) error {
	repo, err := c.repository(ctx)
	if err != nil {
		return err
	}
	var before *ocispec.Descriptor
	switch now, err := c.Resolve(ctx, tag); {
	case errors.Is(err, ErrNotFound) && was == "":
	case err != nil:
		return err
	case now.Digest.String() != was:
		return fmt.Errorf("%s: %w: it stands for %s", c.Reference.WithTag(tag), ErrMoved, now.Digest)
	default:
		before = &now
	}
	d, content, err := index.marshalAfter(before)
	if err != nil {
		return err
	}
	if err := repo.PushReference(ctx, d, bytes.NewReader(content), tag); err != nil {
		return c.of(tag).error("move", err)
	}
	index.Descriptor = d
	return nil
}

// History yields the plans of a channel, from i back to the first.
func (c *Client) History(ctx context.Context, i *Index, yield func(*Index, plan.Plan) bool) error {
	seen := map[string]bool{}
	for i.Plan != nil && yield(i, *i.Plan) {
		previous := i.Plan.Previous
		if previous == "" || seen[previous] {
			return nil
		}
		if err := digest.Digest(previous).Validate(); err != nil { // a tag would lead anywhere
			return fmt.Errorf("%w: the plan before, %q: %w", plan.ErrBadPlan, previous, err)
		}
		seen[previous] = true
		next, err := c.Index(ctx, previous)
		if errors.Is(err, ErrNotFound) { // somebody has cleaned up
			return nil
		}
		if err != nil {
			return err
		}
		i = next
	}
	return nil
}

// Begin is the index of a channel that stands for base as a rollout of next begins.
func Begin(base, next *Index, p plan.Plan) (*Index, error) {
	if next.Name() != base.Name() {
		return nil, fmt.Errorf("the channel has %s, and %s is another library: use a channel for each", base.Name(), next.Name())
	}
	p.Previous = base.Descriptor.Digest.String()
	return &Index{Entries: base.Entries, Next: next.Entries, Plan: &p}, nil
}

// With is the index after another decision: in the end one version is left.
func (i *Index) With(p plan.Plan) *Index {
	p.Previous = i.Descriptor.Digest.String()
	next := &Index{Entries: i.Entries, Next: i.Next, Plan: &p}
	switch p.State {
	case plan.Done:
		next.Entries, next.Next = i.Next, nil
	case plan.Aborted:
		next.Next = nil
	}
	return next
}
