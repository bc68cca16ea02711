package registry

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// settle waits before a push looks back at what its tag stands for: longer than another one takes from its look at the tag to
// its write.
var settle = func(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(settleTime + rand.N(settleTime/2)):
		return nil
	}
}

const settleTime = time.Second

const maxLooks = 20 // back, at a tag that others move

// tag has the tag of a version stand for index and the platforms that are there already, and then the other tags.
//
// Several machines may do that at once, each for its platform, and no registry compares and swaps: who has read the tag before
// another one wrote it, and writes it after, takes the other's platform away. So each looks back some time after it has written,
// and adds what is missing. All of them write the same in the end. What remains is a write that comes more
// than settleTime after its look.
func (c *Client) tag(ctx context.Context, index *Index, libraries []*Local, tags []string) error {
	own := Tag(index.Version())
	for range maxLooks {
		there, err := c.there(ctx, index.Version())
		if err != nil {
			return err
		}
		for _, l := range libraries {
			if err := c.mayPush(there, l); err != nil {
				return err
			}
		}
		index.addOthers(there)
		if index.Descriptor, _, err = index.marshal(); err != nil {
			return err
		}
		if there == nil || there.Descriptor.Digest != index.Descriptor.Digest {
			if err := c.put(ctx, index, own); err != nil {
				return fmt.Errorf("%w%s", err, immutable(there))
			}
			if err := settle(ctx); err != nil {
				return err
			}
			continue
		}
		if len(tags) == 0 {
			return nil
		}
		if err := c.put(ctx, index, tags...); err != nil {
			return err
		}
		if now, err := c.Resolve(ctx, own); err != nil || now.Digest == index.Descriptor.Digest {
			return err
		}
	}
	return fmt.Errorf("%s: %w, by others, %d times: push again", c.Reference.WithTag(own), ErrMoved, maxLooks)
}

// put has tags stand for an index.
func (c *Client) put(ctx context.Context, index *Index, tags ...string) error {
	repo, err := c.repository(ctx)
	if err != nil {
		return err
	}
	d, content, err := index.marshal()
	if err != nil {
		return err
	}
	index.Descriptor = d
	for _, tag := range tags {
		if err := repo.PushReference(ctx, d, bytes.NewReader(content), tag); err != nil {
			return c.of(tag).error("tag", err)
		}
	}
	return nil
}

// immutable says what may be wrong when a tag that is there can't be moved: registries refuse that in different words.
func immutable(there *Index) string {
	if there == nil {
		return ""
	}
	return ": if its tags can't be changed, push the files of all platforms at once"
}
