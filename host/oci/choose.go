package oci

import (
	"errors"
	"fmt"

	"github.com/hotso/hotso/host/internal/plan"
	"github.com/hotso/hotso/host/internal/registry"
	"github.com/hotso/hotso/host/internal/version"
)

// A choice is which version of an index is to run on this host.
type choice struct {
	chosen
	index     *registry.Index // it was chosen from
	entry     registry.Entry
	isCurrent bool   // it is that already
	back      bool   // it is older than the one before
	path      string // of its file, once it was obtained
}

// choose needs nothing but the index and what ran here before.
func (l *loop) choose(index *registry.Index) (c choice, err error) {
	list, p := index.Entries, index.Plan
	c.index = index
	if p != nil && !p.State.Ended() && p.Includes(l.options.hostID) {
		list = index.Next
		base, err := registry.For(index.Entries, registry.Platform())
		if err == nil {
			c.Rollout, c.Base = p.ID, base.Descriptor.Digest.String()
		}
	}
	if c.entry, err = registry.For(list, registry.Platform()); err != nil {
		return c, err
	}
	c.Library, c.Version, c.Manifest = c.entry.Name, c.entry.Version, c.entry.Descriptor.Digest.String()
	now := l.channel.state.Current
	if now == nil {
		return c, nil
	}
	c.File, c.isCurrent = now.File, now.Manifest == c.Manifest
	if c.isCurrent && p != nil && p.ID == now.Rollout {
		c.Rollout, c.Base, c.Over = now.Rollout, now.Base, p.State.Ended()
	}
	if now.Library != c.Library {
		return c, fmt.Errorf("%w of this tag's: it stood for %s so far, and stands for %s now: use a tag for each library", registry.ErrNoLibrary, now.Library, c.Library)
	}
	c.back = isOlder(c.Version, now.Version)
	if c.back && !l.options.back && !isTakenBack(p, *now, c) {
		return c, fmt.Errorf("v%s is %w, v%s: to follow the tag back, use oci.WithRollback or hotso serve --allow-rollback", c.Version, ErrOlder, now.Version)
	}
	return c, nil
}

// isTakenBack reports whether c is what this host's rollout began with, and the rollout was aborted. This host need not have seen
// that: the next one may have begun meanwhile. If it has seen it done, it must see it aborted: two that decide at the same moment may
// have it be both.
func isTakenBack(p *plan.Plan, now chosen, c choice) bool {
	if now.Rollout == "" || c.Manifest != now.Base {
		return false
	}
	return !now.Over || p != nil && p.State == plan.Aborted && p.ID == now.Rollout
}

func isOlder(a, b string) bool {
	v, errA := version.Parse(a)
	w, errB := version.Parse(b)
	return errA == nil && errB == nil && version.Compare(v, w) < 0
}

// rejoin notes by which rollout the version that runs is there now.
func (c *channel) rejoin(v chosen) {
	if now := c.state.Current; now.Rollout != v.Rollout || now.Base != v.Base || now.Over != v.Over {
		now.Rollout, now.Base, now.Over = v.Rollout, v.Base, v.Over
		_ = c.save() // the next time
	}
}

// isFinal reports whether to try again is of no use until the tag moves.
func isFinal(err error) bool {
	for _, e := range []error{registry.ErrNoLibrary, registry.ErrPlatform, ErrOlder, plan.ErrBadPlan, errCheck} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
