package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/image"
	"github.com/hotso/hotso/host/internal/instance"
	"github.com/hotso/hotso/host/internal/invoke"
	"github.com/hotso/hotso/host/life"
)

// Stage reads, verifies, loads, starts and checks the library at path, while others
// serve. No call reaches it. e records its life. The token is held.
func (s *Slot) Stage(ctx context.Context, e *Entry, path string) (*Version, error) {
	begin := time.Now()
	if s.closed.Load() {
		return nil, &life.Error{File: path, Name: s.Name(), Step: life.StepSwap, Reason: life.ErrClosed}
	}
	scratch, giveBack := image.Borrow()
	defer giveBack()
	b, err := image.Read(path, scratch.Alloc)
	if err != nil {
		return nil, err
	}
	var in *instance.Instance
	im, err := s.conf.Image.Verify(path, b, func(im *image.Image) error {
		if err := s.admit(im); err != nil {
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

// open opens a prepared library whose life e records.
func (s *Slot) open(ctx context.Context, e *Entry, in *instance.Instance) (*Version, error) {
	v := e.bind(in)
	s.conf.Own(v)
	return v, in.Open(ctx, v.Tell)
}

// OpenSpare opens again what c keeps. e records its life.
func (s *Slot) OpenSpare(ctx context.Context, e *Entry, c *instance.Spare) (*Version, error) {
	scratch, giveBack := image.Borrow()
	defer giveBack()
	im, err := c.Image(scratch)
	if err != nil {
		return nil, err
	}
	in := instance.Prepare(&s.conf.Instance, im)
	s.Tell(e, life.Event{State: life.Verified})
	return s.open(ctx, e, in)
}

// Reject tells why a version does not serve, and returns err.
func (s *Slot) Reject(e *Entry, err error) error {
	s.Tell(e, life.Event{State: verdictOf(err), Detail: err.Error(), Err: err})
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
	for _, b := range s.bindings {
		refuse := func(reason, cause error) error {
			return &life.Error{File: im.File, Name: im.Name, Version: im.Version, Step: life.StepVerify,
				Reason: reason, Cause: cause, Advice: "the host has bound it"}
		}
		f, ok := im.Manifest.Function(b.Name)
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
