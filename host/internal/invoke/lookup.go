package invoke

import (
	"errors"
	"fmt"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/life"
)

// Lookup finds the function that can be called as want. For a library without a
// manifest, unsealed, find looks up symbols; else it is nil.
func (t *Target) Lookup(name string, want abi.Signature, find func(name string) (uintptr, error)) (*Function, error) {
	fail := func(reason error, cause error, advice string) (*Function, error) {
		return nil, &life.Error{File: t.File, Name: t.Name, Version: t.Version, Step: life.StepBind,
			Reason: reason, Cause: cause, Advice: advice}
	}
	fn, ok := t.functions[name]
	switch {
	case !ok && find == nil:
		return fail(life.ErrFunction, errors.New(name), "export it, or bind another")
	case !ok:
		addr, err := find(name)
		if err != nil {
			return fail(life.ErrFunction, err, "export it, or bind another")
		}
		// Without a manifest the host's word counts: spans and structs can only
		// be results beside a status.
		want.Error = want.Result.Span() || want.Result.Struct() || want.Result == abi.Stream
		return newFunction(t, name, addr, want), nil
	case !Compatible(want, fn.sig):
		return fail(life.ErrSignature, fmt.Errorf("%s is %s, bound as %s", name, fn.sig, want), "")
	}
	return fn, nil
}
