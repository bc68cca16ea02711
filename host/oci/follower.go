package oci

import (
	"context"
	"fmt"
	"iter"
	"sync"
	"sync/atomic"

	"github.com/hotso/hotso/host/internal/blobcache"
	"github.com/hotso/hotso/host/internal/pace"
	"github.com/hotso/hotso/host/internal/registry"
	"github.com/hotso/hotso/host/watch"
)

// Versions yields the version that the tag stands for, as it is to run on this host, and again whenever that changes. If it moved
// several times while the loop was busy, it yields the last. It yields nothing for what is refused, or while the registry can't be
// asked; with a version of an earlier process on disk it begins with that then. The sequence ends with ctx, or at once if
// [New] fails. Use that and [Follower.Events] to see why nothing comes.
func Versions(ctx context.Context, reference string, opts ...Option) iter.Seq[watch.Version] {
	return func(yield func(watch.Version) bool) {
		f, err := New(reference, opts...)
		if err != nil {
			return
		}
		for e := range f.Events(ctx) {
			if e.Kind == Found && !yield(e.Version) {
				return
			}
		}
	}
}

// A Follower follows one tag. Its methods are safe for concurrent use, but for Events, of which there is one at a time.
type Follower struct {
	options options
	ref     registry.Reference
	cache   *blobcache.Cache
	channel *channel

	recheck atomic.Bool // what is not signed, with the next poll

	mu     sync.Mutex
	status Status
}

// New makes the cache's directories and asks nobody. Errors wrap [ErrReference], or are of the disk.
func New(reference string, opts ...Option) (*Follower, error) {
	ref, err := registry.ParseTagged(reference)
	if err != nil {
		return nil, err
	}
	o, err := newOptions(opts)
	if err != nil {
		return nil, err
	}
	f := &Follower{options: o, ref: ref, status: Status{Reference: ref.String()}}
	if f.cache, err = blobcache.Open(o.cache, o.max); err != nil {
		return nil, err
	}
	if f.channel, err = openChannel(o.cache, ref.String(), o.hostID); err != nil {
		return nil, err
	}
	if o.verifier != nil {
		if err := f.channel.recheck(o.verifier); err != nil {
			return nil, fmt.Errorf("remove what is not signed: %w", err)
		}
		f.channel.restore(o.verifier, f.cache)
	}
	if v := f.channel.state.Current; v != nil && (o.verifier == nil || f.channel.isThere()) {
		f.status.Library, f.status.Version = v.Library, v.Version
	}
	return f, nil
}

// Directory has the file of the version that is to run, and a few that came before, as a directory that
// package watch watches. A version that was taken back is removed from it.
func (f *Follower) Directory() string { return f.channel.libraries() }

// HostID is what this host is called in rollouts.
func (f *Follower) HostID() string { return f.options.hostID }

// Recheck has a version that is not signed be looked at again with the next poll, for a verifier whose keys have changed. Without it
// that happens as well, later.
func (f *Follower) Recheck() { f.recheck.Store(true) }

// Status is how it goes.
func (f *Follower) Status() Status {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.status
	if s.Rollout != nil {
		r := *s.Rollout
		s.Rollout = &r
	}
	return s
}

func (f *Follower) note(what func(*Status)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	what(&f.status)
}

// Events follows the tag in the caller's goroutine until ctx ends. The first event comes when the registry has answered, could
// not be asked, or, if an earlier process has left a version, after three seconds: Found for what is to run, also if that
// has not changed since then.
func (f *Follower) Events(ctx context.Context) iter.Seq[Event] {
	return func(yield func(Event) bool) {
		client, err := registry.New(f.ref, f.options.registry)
		if err != nil {
			yield(Event{Kind: Trouble, Err: err})
			return
		}
		defer client.Close()
		l := &loop{Follower: f, client: client, pace: pace.Pace{Interval: f.options.interval}, yield: yield}
		for more := l.begin(ctx); more && l.wait(ctx); {
			more = l.turn(ctx)
		}
	}
}
