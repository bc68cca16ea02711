package registry

import (
	"context"
	"errors"
	"regexp"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// maxReferrers bounds how many a registry may list for one digest.
const maxReferrers = 1000

var errEnough = errors.New("enough")

// Referrers lists the manifests whose subject d is, by the registry's API, or by the tag that stands in for it. Of what a
// registry says in these descriptors nothing is verified, nor is anything said twice left out.
func (c *Client) Referrers(ctx context.Context, d ocispec.Descriptor) (all []ocispec.Descriptor, err error) {
	ctx, cancel := c.bounded(ctx, maxIndex)
	defer cancel()
	repo, err := c.repository(ctx)
	if err != nil {
		return nil, err
	}
	err = repo.Referrers(ctx, d, "", func(some []ocispec.Descriptor) error {
		if all = append(all, some...); len(all) > maxReferrers {
			all = all[:maxReferrers]
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return all, c.of(d.Digest.String()).error("list what refers to", damaged(because(ctx, err)))
}

// VersionIndex is the index of the version of an entry of i, with all its platforms: i itself, unless that has a plan, and is of a
// channel therefore. Without one the descriptor is empty. That it
// lists the entry is not looked at.
func (c *Client) VersionIndex(ctx context.Context, i *Index, e Entry) (ocispec.Descriptor, error) {
	d := i.Descriptor
	if i.Plan != nil {
		var err error
		if d, err = c.Resolve(ctx, Tag(e.Version)); errors.Is(err, ErrNotFound) {
			return ocispec.Descriptor{}, nil
		} else if err != nil {
			return d, err
		}
	}
	if d.MediaType != ocispec.MediaTypeImageIndex {
		return ocispec.Descriptor{}, nil
	}
	return d, nil
}

var attachment = regexp.MustCompile(`^sha256-[0-9a-f]{64}(\.[a-z]+)?$`)

// IsAttachment reports whether a tag is one by which tools find signatures and the like of a digest.
func IsAttachment(tag string) bool { return attachment.MatchString(tag) }
