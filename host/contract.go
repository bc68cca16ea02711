package host

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/cabi/abi/manifest"
	"github.com/hotso/hotso/contract"
	"github.com/hotso/hotso/host/internal/invoke"
	"github.com/hotso/hotso/host/internal/schema"
)

// BindContract is for the Bind that hotso gen writes for a contract: it implements
// [contract.Caller]. From then on a version is refused ([ErrContract]) that does not serve the
// contract, or in a form that is not compatible, and one that is newer than the version
// before it and has removed anything of the contract.
func (s *Slot) BindContract(c *contract.Info) ([]contract.Remote, error) {
	return bindContract(c, s.Name(), func(name string, want abi.Signature, terms invoke.Terms) (*invoke.Binding, error) {
		return s.s.Bind(name, want, terms)
	})
}

// BindContract is Slot.BindContract for a library.
func (l *Library) BindContract(c *contract.Info) ([]contract.Remote, error) {
	return bindContract(c, l.Name(), func(name string, want abi.Signature, terms invoke.Terms) (*invoke.Binding, error) {
		b := invoke.NewBinding(name, want, l.v.Target.Conf.CallLimit)
		b.Terms = terms
		fn, err := l.v.Find(b, nil)
		if fn == nil || err != nil {
			return nil, err
		}
		return b.To(fn), nil
	})
}

// A binder is a Caller that binds functions on the terms of a contract.
type binder struct {
	bindOn func(name string, want abi.Signature, terms invoke.Terms) (*invoke.Binding, error)
	terms  invoke.Terms
}

// errMissing: a library lacks a function that it may lack.
var errMissing = errors.New("missing")

// bind implements Caller.
func (b binder) bind(name string, want abi.Signature) (*invoke.Binding, error) {
	bound, err := b.bindOn(name, want, b.terms)
	if bound == nil && err == nil {
		return nil, errMissing
	}
	return bound, err
}

func bindContract(c *contract.Info, library string, bindOn func(string, abi.Signature, invoke.Terms) (*invoke.Binding, error)) (
	remotes []contract.Remote, err error,
) {
	own, err := schema.Parse([]byte(c.Schema))
	if err != nil {
		return nil, &Error{Name: library, Step: StepBind, Reason: ErrArgument, Cause: err}
	}
	for i, m := range c.Methods {
		b := binder{bindOn, invoke.Terms{Optional: m.Optional}}
		if i == 0 { // for all of them, before anything is promised
			b.terms.Check = func(m, before *manifest.Manifest) error { return checkContract(own, m, before) }
		}
		r, err := bindMethod(b, c.Function(m.Name), m)
		switch {
		case errors.Is(err, errMissing):
			missing := fmt.Errorf("%w: %s has no %s.%s", contract.ErrNotOffered, library, c.Name, m.Name)
			r = contract.Remote{
				Call: func(context.Context, []byte) ([]byte, error) { return nil, missing },
				Open: func(context.Context, []byte) (iter.Seq2[[]byte, error], error) { return nil, missing },
			}
		case err != nil:
			return nil, err
		}
		remotes = append(remotes, r)
	}
	return remotes, nil
}

// bindMethod binds the function of one method.
func bindMethod(c Caller, function string, m contract.Method) (r contract.Remote, err error) {
	// Who is called may be a version that lacks the function.
	offered := func(err error) error {
		if m.Optional && errors.Is(err, ErrFunction) {
			return fmt.Errorf("%w: %w", contract.ErrNotOffered, err)
		}
		return err
	}
	if m.Stream {
		open, err := ReaderFunc1[[]byte](c, function)
		if err != nil {
			return r, err
		}
		r.Open = func(ctx context.Context, args []byte) (iter.Seq2[[]byte, error], error) {
			stream, err := open(ctx, args)
			if err != nil {
				return nil, offered(err)
			}
			return stream.Seq(), nil
		}
		return r, nil
	}
	call, err := Func1[[]byte, []byte](c, function)
	if err != nil {
		return r, err
	}
	r.Call = call
	if m.Optional {
		r.Call = func(ctx context.Context, args []byte) ([]byte, error) {
			reply, err := call(ctx, args)
			return reply, offered(err)
		}
	}
	return r, nil
}

// checkContract reports why a library with that manifest can't be called by who has own.
func checkContract(own *schema.Schema, m, before *manifest.Manifest) error {
	next, err := schemaOf(own.Contract, m)
	if err != nil {
		return err
	}
	if err := schema.Breaks(schema.Conflicts(own, next)); err != nil {
		return err
	}
	if before == nil {
		return nil
	}
	last, err := schemaOf(own.Contract, before)
	if err != nil {
		return nil // it was not judged by this: nothing of it was promised
	}
	if err := schema.Breaks(schema.Compare(last, next)); err != nil {
		return fmt.Errorf("since v%s: %w", before.Version, err)
	}
	return nil
}

// schemaOf is the schema of a contract in a manifest.
func schemaOf(name string, m *manifest.Manifest) (*schema.Schema, error) {
	c, ok := m.Contract(name)
	if !ok {
		return nil, fmt.Errorf("it serves no contract %s, or is not sealed", name)
	}
	return schema.Parse(c.Schema)
}
