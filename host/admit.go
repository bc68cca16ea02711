package host

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hotso/hotso/cabi/abi"
)

// admit reads, verifies, loads, starts and checks the library at path, while others
// serve. No call reaches it. s.swapping is held.
func (s *Slot) admit(ctx context.Context, v *VersionInfo, path string) (*Library, error) {
	begin := time.Now()
	if s.closed.Load() {
		return nil, &Error{File: path, Name: s.Name(), Step: StepSwap, Reason: ErrClosed}
	}
	room, giveBack := borrowRoom()
	defer giveBack()
	b, err := readFile(path, room.of)
	if err != nil {
		return nil, err
	}
	var lib *Library
	d, err := s.conf.verify(path, b, func(d *Description) error {
		for _, check := range []func(*Description) error{s.checkOrder, s.checkBindings, s.checkLoop} {
			if err := check(d); err != nil {
				return err
			}
		}
		lib = s.conf.prepare(d)
		return nil
	})
	s.mu.Lock()
	v.Version = d.Version
	s.mu.Unlock()
	if err != nil {
		lib.forget()
		return nil, err
	}
	s.emit(v, Event{State: Verified, Took: time.Since(begin)})
	return s.openFor(ctx, v, lib)
}

// reject tells why a version does not serve, and returns err.
func (s *Slot) reject(v *VersionInfo, err error) error {
	state := Failed
	if errors.Is(err, ErrRefused) || errors.Is(err, ErrNotFound) {
		state = Refused
	}
	s.emit(v, Event{State: state, Detail: err.Error(), Err: err})
	return err
}

// checkBindings refuses a version that lacks what the host has bound, by its
// manifest, before any of its code runs.
func (s *Slot) checkBindings(d *Description) error {
	if !d.Sealed {
		return nil // publish looks the symbols up
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.bindings {
		refuse := func(reason, cause error) error {
			return &Error{File: d.File, Name: d.Name, Version: d.Version, Step: StepVerify,
				Reason: reason, Cause: cause, Advice: "the host has bound it"}
		}
		f, ok := d.Manifest.Function(b.name)
		if !ok {
			return refuse(ErrFunction, errors.New(b.name))
		}
		have, err := abi.ParseSignature(f.Signature)
		if err != nil || !compatible(b.sig, have) {
			return refuse(ErrSignature, fmt.Errorf("%s is %s, bound as %s", b.name, f.Signature, b.sig))
		}
	}
	return nil
}
