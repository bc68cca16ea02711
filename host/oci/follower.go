package oci

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"sync"
	"time"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/hotso/hotso/host/internal/blobcache"
	"github.com/hotso/hotso/host/internal/registry"
	"github.com/hotso/hotso/host/watch"
)

// Versions yields the version that the tag stands for, as it is to run on this host, and again whenever that changes. If it moved
// several times while the loop was busy, it yields the last. It yields nothing for what is refused, or while the registry can't be
// asked; with a version of an earlier process on disk it begins with that then. The sequence ends with ctx, or at once if the
// reference is bad. Use [New] and [Follower.Events] to see why.
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

	mu     sync.Mutex
	status Status
}

// New makes the cache's directories and asks nobody. Errors are ErrReference and those of the disk.
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
	if v := f.channel.state.Current; v != nil {
		f.status.Library, f.status.Version = v.Library, v.Version
	}
	return f, nil
}

// Directory has the file of the version that is to run, and a few that came before, as a directory that
// package watch watches. A version that was taken back is removed from it.
func (f *Follower) Directory() string { return f.channel.libraries() }

// HostID is what this host is called in rollouts.
func (f *Follower) HostID() string { return f.options.hostID }

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

// impatience is how long a start waits for the registry if it can go on without.
const impatience = 3 * time.Second

// Events follows the tag in the caller's goroutine until ctx ends. The first event comes when the registry has answered, or could
// not be asked: Found for what is to run, also if that has not changed since an earlier process.
func (f *Follower) Events(ctx context.Context) iter.Seq[Event] {
	return func(yield func(Event) bool) {
		client, err := registry.New(f.ref, f.options.registry)
		if err != nil {
			yield(Event{Kind: Trouble, Err: err})
			return
		}
		defer client.Close()
		l := &loop{Follower: f, client: client, pace: pace{interval: f.options.interval}, yield: yield}
		for first := true; l.turn(ctx, first); first = false {
			l.wait(ctx)
		}
	}
}

// A loop is one run of Events.
type loop struct {
	*Follower
	client *registry.Client
	pace   pace
	yield  func(Event) bool

	seen    string // digest that the tag had when it was last dealt with; empty: again
	again   bool   // at once
	yielded bool   // a version
	told    string // the trouble
}

// turn looks at the tag once, and deals with what it stands for. It reports whether to go on.
func (l *loop) turn(ctx context.Context, first bool) bool {
	d, err := l.look(ctx, first)
	if err == nil && d.Digest.String() != l.seen {
		return l.see(ctx, d)
	}
	if err == nil {
		l.pace.succeeded()
		l.told = ""
		return ctx.Err() == nil
	}
	return l.trouble(ctx, err)
}

// look asks what the tag stands for.
func (l *loop) look(ctx context.Context, first bool) (ocispec.Descriptor, error) {
	if first && l.channel.state.Current != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, impatience)
		defer cancel()
	}
	d, err := l.client.Resolve(ctx, l.ref.Tag)
	l.note(func(s *Status) {
		if s.Polls++; err != nil {
			s.Failures++
			return
		}
		s.Seen, s.Digest = time.Now(), d.Digest.String()
	})
	return d, err
}

// trouble tells what went wrong, once. Before that it yields what an earlier process has left.
func (l *loop) trouble(ctx context.Context, err error) bool {
	if ctx.Err() != nil {
		return false
	}
	if l.pace.failed(); errors.Is(err, ErrNotFound) {
		l.pace.succeeded() // the registry is well: it may be pushed any moment
	}
	if !l.yielded {
		if v, ok := l.channel.current(); ok {
			l.yielded = true
			if !l.yield(Event{Kind: Found, Version: v}) {
				return false
			}
		}
	}
	if l.told == err.Error() {
		return true
	}
	l.told = err.Error()
	return l.yield(Event{Kind: Trouble, Err: err})
}

// see deals with what the tag stands for now.
func (l *loop) see(ctx context.Context, d ocispec.Descriptor) bool {
	index, err := l.client.IndexOf(ctx, d)
	var c choice
	if err == nil {
		c, err = l.choose(index)
	}
	if index != nil {
		l.note(func(s *Status) { s.Rollout = rolloutOf(index.Plan, l.options.hostID) })
	}
	if err == nil && !c.isCurrent {
		began := time.Now()
		c.path, err = l.obtain(ctx, &c)
		if err == nil && time.Since(began) > time.Second {
			if now, lookErr := l.look(ctx, false); lookErr == nil && now.Digest != d.Digest {
				err = errMovedOn // a version may have been taken back meanwhile
			}
		}
	}
	switch {
	case ctx.Err() != nil:
		return false
	case errors.Is(err, errMovedOn):
		l.again = true
		return true
	case isFinal(err):
		l.seen, l.told = d.Digest.String(), ""
		l.pace.succeeded()
		return l.refuse(err)
	case err != nil:
		return l.trouble(ctx, err)
	}
	l.seen, l.told = d.Digest.String(), ""
	l.pace.succeeded()
	return l.take(c)
}

// refuse tells that what the tag stands for is not taken. What ran before an earlier process ended goes on.
func (l *loop) refuse(err error) bool {
	if !l.yielded {
		if v, ok := l.channel.current(); ok {
			l.yielded = true
			if !l.yield(Event{Kind: Found, Version: v}) {
				return false
			}
		}
	}
	return l.yield(Event{Kind: Refused, Err: err})
}

// take has the choice be what is to run.
func (l *loop) take(c choice) bool {
	if c.isCurrent {
		v, ok := l.channel.current()
		if !ok { // somebody has tampered with the directory
			l.seen, l.again = "", true
			l.channel.state.Current = nil
			return true
		}
		l.channel.rejoin(c.chosen)
		if l.yielded {
			return true
		}
		l.yielded = true
		return l.yield(Event{Kind: Found, Version: v})
	}
	v, err := l.channel.put(c.path, c.chosen)
	if err != nil {
		l.seen = ""
		return l.trouble(context.Background(), fmt.Errorf("keep v%s: %w", c.Version, err))
	}
	l.note(func(s *Status) { s.Library, s.Version = c.Library, c.Version })
	l.yielded = true
	return l.yield(Event{Kind: Found, Version: v, Back: c.back})
}

// wait pauses until the registry is to be asked again.
func (l *loop) wait(ctx context.Context) {
	pause := l.pace.next(rand.Float64())
	if at := l.client.NotBefore(); !at.IsZero() {
		pause = max(pause, time.Until(at))
	}
	if l.again {
		pause, l.again = 0, false
	}
	select {
	case <-ctx.Done():
	case <-time.After(pause):
	}
}
