package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/cabi/abi/manifest"
	"github.com/hotso/hotso/host/internal/image"
	"github.com/hotso/hotso/host/internal/instance"
	"github.com/hotso/hotso/host/internal/invoke"
	"github.com/hotso/hotso/host/internal/version"
	"github.com/hotso/hotso/host/life"
)

// Stage reads, verifies, loads, starts and checks the version that src has, while others
// serve. If only one version may be live, it is not started before it takes over (Replace). No
// call reaches it. judge, unless nil, may refuse it by what its file says. e records its life. The
// token is held.
func (s *Slot) Stage(ctx context.Context, e *Entry, src Source, judge func(*image.Image) error) (*Version, error) {
	begin := time.Now()
	if s.closed.Load() {
		return nil, &life.Error{File: src.File, Name: s.Name(), Step: life.StepSwap, Reason: life.ErrClosed}
	}
	admit := func(im *image.Image) error {
		if err := s.admit(im); err != nil || judge == nil {
			return err
		}
		return judge(im)
	}
	if src.Builtin != nil {
		return s.stageBuiltin(ctx, e, src.Builtin, admit)
	}
	scratch, giveBack := image.Borrow()
	defer giveBack()
	b, err := src.Read(scratch.Alloc)
	if err != nil {
		return nil, err
	}
	var in *instance.Instance
	im, err := s.conf.Image.Verify(src.File, b, func(im *image.Image) error {
		if err := admit(im); err != nil {
			return err
		}
		in = instance.Prepare(&s.conf.Instance, im)
		return nil
	})
	e.name(im.Version)
	if err != nil {
		in.Forget()
		return nil, err
	}
	s.Tell(e, life.Event{State: life.Verified, Took: time.Since(begin)})
	return s.open(ctx, e, in)
}

// stageBuiltin is Stage for a version that is linked into the program.
func (s *Slot) stageBuiltin(ctx context.Context, e *Entry, b *instance.Builtin, admit func(*image.Image) error) (*Version, error) {
	if err := admit(b.Image(s.Name())); err != nil {
		return nil, err
	}
	s.Tell(e, life.Event{State: life.Verified})
	return s.open(ctx, e, instance.PrepareBuiltin(&s.conf.Instance, s.Name(), b))
}

// admit asks what is against a library, by what its file says.
func (s *Slot) admit(im *image.Image) error {
	if err := s.checkBindings(im); err != nil {
		return err
	}
	for _, p := range s.policies {
		if err := p.Admit(im); err != nil {
			return err
		}
	}
	return nil
}

// open loads a prepared library whose life e records, and starts it unless only one version may be
// live.
func (s *Slot) open(ctx context.Context, e *Entry, in *instance.Instance) (*Version, error) {
	v, err := s.load(ctx, e, in)
	if err != nil {
		return v, err
	}
	v.live.Store(true) // before the others are looked at: who is started at the same time does so, too
	if s.exclusive() {
		v.live.Store(false)
		return v, nil
	}
	return v, v.start(ctx, nil)
}

func (s *Slot) load(ctx context.Context, e *Entry, in *instance.Instance) (*Version, error) {
	v := e.bind(in, s, s.conf)
	s.conf.Own(v)
	s.inherit(v)
	err := in.Load(ctx, v.Tell)
	if err != nil {
		v.endEstate()
	}
	return v, err
}

// OpenSpare opens again what c keeps, as Stage does with a file. e records its life.
func (s *Slot) OpenSpare(ctx context.Context, e *Entry, c *instance.Spare) (*Version, error) {
	in, giveBack, err := s.prepareSpare(e, c)
	if err != nil {
		return nil, err
	}
	defer giveBack()
	return s.open(ctx, e, in)
}

// Revive opens again what c keeps, with that state, in place of a version that has ended. If only one
// may be live, it waits until nothing of the others is left. The caller holds s.starting.
func (s *Slot) Revive(ctx context.Context, e *Entry, c *instance.Spare, state *instance.State) (*Version, error) {
	in, giveBack, err := s.prepareSpare(e, c)
	if err != nil {
		return nil, err
	}
	defer giveBack()
	v, err := s.load(ctx, e, in)
	if err != nil {
		return nil, err
	}
	v.live.Store(true)
	if s.exclusive() {
		limited, cancel := context.WithTimeout(ctx, s.conf.Takeover)
		defer cancel()
		if err := s.awaitAlone(limited, v); err != nil {
			v.Discard(ctx)
			return nil, err
		}
	}
	if state != nil && !v.Target.Restores() {
		state = nil
	}
	return v, v.start(ctx, state)
}

// prepareSpare prepares what c keeps. The caller calls giveBack when it is loaded.
func (s *Slot) prepareSpare(e *Entry, c *instance.Spare) (in *instance.Instance, giveBack func(), err error) {
	if c.Builtin != nil {
		in = instance.PrepareBuiltin(&s.conf.Instance, s.Name(), c.Builtin)
		s.Tell(e, life.Event{State: life.Verified})
		return in, func() {}, nil
	}
	scratch, giveBack := image.Borrow()
	im, err := c.Image(scratch)
	if err != nil {
		giveBack()
		return nil, nil, &life.Error{Name: c.Desc.Name, Version: c.Desc.Version, Step: life.StepLoad, Reason: life.ErrLoad, Cause: err}
	}
	in = instance.Prepare(&s.conf.Instance, im)
	s.Tell(e, life.Event{State: life.Verified})
	return in, giveBack, nil
}

// Reject tells why a version does not serve, and returns err.
func (s *Slot) Reject(e *Entry, err error) error {
	s.Tell(e, life.Event{State: verdictOf(err), Outcome: life.Outcome(verdictOf(err)), Detail: err.Error(), Err: err})
	return err
}

// verdictOf is the state of a version that did not come as far as to serve.
func verdictOf(err error) life.State {
	if errors.Is(err, life.ErrRefused) || errors.Is(err, life.ErrNotFound) {
		return life.Refused
	}
	return life.Failed
}

// checkBindings refuses a version that lacks what the host has bound, by its manifest,
// before any of its code runs.
func (s *Slot) checkBindings(im *image.Image) error {
	if !im.Sealed {
		return nil // to publish it, the symbols are looked up
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var before *manifest.Manifest
	if v := s.current; v != nil && newer(im.Version, v.Desc.Version) {
		before = &v.Desc.Manifest
	}
	for _, b := range s.bindings {
		refuse := func(reason, cause error) error {
			return &life.Error{File: im.File, Name: im.Name, Version: im.Version, Step: life.StepVerify,
				Reason: reason, Cause: cause, Advice: "the host has bound it"}
		}
		if b.Check != nil {
			if err := b.Check(invoke.Candidate{Manifest: &im.Manifest, Before: before, Lacks: im.Lacks}); err != nil {
				return refuse(life.ErrContract, err)
			}
		}
		f, ok := im.Manifest.Function(b.Name)
		if !ok && b.Optional {
			continue
		}
		if !ok {
			return refuse(life.ErrFunction, errors.New(b.Name))
		}
		have, err := abi.ParseSignature(f.Signature)
		if err != nil || !invoke.Compatible(b.Signature, have) {
			return refuse(life.ErrSignature, fmt.Errorf("%s is %s, bound as %s", b.Name, f.Signature, b.Signature))
		}
	}
	return nil
}

// newer reports whether a is a later version than b.
func newer(a, b string) bool {
	x, err1 := version.Parse(a)
	y, err2 := version.Parse(b)
	return err1 == nil && err2 == nil && version.Compare(x, y) > 0
}
