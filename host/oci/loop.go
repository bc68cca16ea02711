package oci

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/hotso/hotso/host/internal/pace"
	"github.com/hotso/hotso/host/internal/registry"
)

// A loop is one run of Events.
type loop struct {
	*Follower
	client *registry.Client
	pace   pace.Pace
	yield  func(Event) bool

	seen    string          // digest that the tag had when it was last dealt with; empty: again
	took    string          // the same when a version was last taken
	again   bool            // at once
	yielded bool            // a version
	told    map[string]bool // troubles since the last success, by digest and gist

	unsigned *revisit // with what the tag stands for; nil: it is signed, or need not be
}

// errLate means that a start can't wait any longer for the registry.
var errLate = errors.New("late")

// begin is the first turn. A version that was taken back meanwhile need not run before another one does; but neither a registry
// that is silent nor a download that takes its time is to hold back what is there.
func (l *loop) begin(ctx context.Context) bool {
	if _, ok := l.channel.current(); !ok {
		return l.turn(ctx)
	}
	short, cancel := context.WithTimeoutCause(ctx, l.options.patience, errLate)
	defer cancel()
	return l.turn(short) && ctx.Err() == nil
}

// turn looks at the tag once, and deals with what it stands for. It reports whether to go on.
func (l *loop) turn(ctx context.Context) bool {
	d, err := l.look(ctx)
	switch {
	case err != nil:
		return l.trouble(ctx, "", err)
	case d.Digest.String() != l.seen, l.seen == l.took && !l.channel.isThere(), l.isUnsigned():
		return l.see(ctx, d)
	}
	l.succeeded()
	return true
}

// look asks what the tag stands for.
func (l *loop) look(ctx context.Context) (ocispec.Descriptor, error) {
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

// see deals with what the tag stands for now.
func (l *loop) see(ctx context.Context, d ocispec.Descriptor) bool {
	if d.Digest.String() != l.seen {
		l.unsigned = nil
	}
	index, err := l.client.IndexOf(ctx, d)
	var c choice
	if err == nil {
		c, err = l.choose(index)
	}
	if index != nil {
		l.note(func(s *Status) { s.Rollout = rolloutOf(index.Plan, l.options.hostID) })
	}
	mended := false
	if err == nil && c.isCurrent {
		_, ok := l.channel.current()
		mended = !ok // somebody has tampered with the directory
	}
	if err == nil && (!c.isCurrent || mended) {
		c.isCurrent = false
		began := time.Now()
		c.path, err = l.obtain(ctx, &c, d.Digest)
		if err == nil && time.Since(began) > time.Second {
			if now, lookErr := l.look(ctx); lookErr == nil && now.Digest != d.Digest {
				err = errMovedOn // a version may have been taken back meanwhile
			}
		}
	}
	switch {
	case ctx.Err() != nil:
		return l.ended(ctx)
	case errors.Is(err, errMovedOn):
		l.again = true
		return true
	case errors.Is(err, ErrUnsigned):
		l.seen = d.Digest.String()
		l.succeeded()
		if l.unsigned == nil {
			l.unsigned = &revisit{}
		}
		if !l.unsigned.refused(err) {
			return true
		}
		return l.refuse(err)
	case isFinal(err):
		l.seen, l.unsigned = d.Digest.String(), nil
		l.succeeded()
		return l.refuse(err)
	case err != nil:
		return l.trouble(ctx, d.Digest.String(), err)
	}
	return l.take(ctx, c, d.Digest.String(), mended)
}

// take has the choice be what is to run. What was mended is not yielded again.
func (l *loop) take(ctx context.Context, c choice, seen string, mended bool) bool {
	if !c.isCurrent {
		if _, err := l.channel.put(c.path, c.chosen); err != nil {
			return l.trouble(ctx, seen, fmt.Errorf("keep v%s: %w", c.Version, err))
		}
	}
	l.channel.rejoin(c.chosen)
	v, ok := l.channel.tidy()
	if !ok {
		return l.trouble(ctx, seen, fmt.Errorf("keep v%s: it has vanished from %s", c.Version, l.Directory()))
	}
	l.seen, l.took, l.unsigned = seen, seen, nil
	l.succeeded()
	l.note(func(s *Status) { s.Library, s.Version = c.Library, c.Version })
	if l.yielded && (c.isCurrent || mended) {
		return true
	}
	l.yielded = true
	return l.yield(Event{Kind: Found, Version: v, Back: c.back})
}

// refuse tells that what the tag stands for is not taken.
func (l *loop) refuse(err error) bool {
	return l.goOn() && l.yield(Event{Kind: Refused, Err: err})
}

// trouble tells what went wrong, once for what the tag stands for.
func (l *loop) trouble(ctx context.Context, digest string, err error) bool {
	if ctx.Err() != nil {
		return l.ended(ctx)
	}
	if l.pace.Failed(); errors.Is(err, ErrNotFound) {
		l.pace.Succeeded() // the registry is well: it may be pushed any moment
	}
	if !l.goOn() {
		return false
	}
	what := digest + " " + gist(err)
	if l.told[what] {
		return true
	}
	if l.told == nil {
		l.told = map[string]bool{}
	}
	l.told[what] = true
	return l.yield(Event{Kind: Trouble, Err: err})
}

func (l *loop) succeeded() {
	l.pace.Succeeded()
	l.told = nil
}

// ended is for when ctx has: with the loop, or because a start can't wait any longer.
func (l *loop) ended(ctx context.Context) bool {
	if !errors.Is(context.Cause(ctx), errLate) {
		return false
	}
	l.again = true
	return l.goOn()
}

// goOn yields what an earlier process has left, if nothing was yielded yet.
func (l *loop) goOn() bool {
	if l.yielded {
		return true
	}
	v, ok := l.channel.current()
	if !ok {
		return true
	}
	l.yielded = true
	return l.yield(Event{Kind: Found, Version: v})
}

// wait pauses until the registry is to be asked again.
func (l *loop) wait(ctx context.Context) bool {
	pause := l.pace.Next(rand.Float64())
	if l.again {
		pause, l.again = 0, false
	}
	return l.sleep(ctx, pause)
}

// sleep pauses, longer if the registry wants that, and reports whether ctx goes on.
func (l *loop) sleep(ctx context.Context, pause time.Duration) bool {
	if at := l.client.NotBefore(); !at.IsZero() {
		pause = l.pace.Heed(pause, time.Until(at), rand.Float64())
	}
	select {
	case <-ctx.Done():
		return false
	case <-time.After(pause):
		return true
	}
}
