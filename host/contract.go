package host

import (
	"context"
	"errors"
	"fmt"

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
	return s.bindContract(c, nil)
}

func (s *Slot) bindContract(c *contract.Info, options Methods) ([]contract.Remote, error) {
	return bindContract(c, s.Name(), options, func(name string, want abi.Signature, terms invoke.Terms) (*invoke.Binding, error) {
		return s.s.Bind(name, want, terms)
	})
}

// BindContract is Slot.BindContract for a library.
func (l *Library) BindContract(c *contract.Info) ([]contract.Remote, error) {
	return l.bindContract(c, nil)
}

func (l *Library) bindContract(c *contract.Info, options Methods) ([]contract.Remote, error) {
	return bindContract(c, l.Name(), options, func(name string, want abi.Signature, terms invoke.Terms) (*invoke.Binding, error) {
		b := invoke.NewBinding(name, want, l.v.Target.Conf.CallLimit)
		b.Terms = terms
		fn, err := l.v.Find(b, nil)
		if fn == nil || err != nil {
			return nil, err
		}
		return b.To(fn), nil
	})
}

// Lend is for what hotso gen writes for a contract, too: it implements [contract.Lender].
func (s *Slot) Lend(f func(args []byte) ([]byte, error)) (handle uint64, release func(), err error) {
	return Callback1(f)
}

// Lend is Slot.Lend for a library.
func (l *Library) Lend(f func(args []byte) ([]byte, error)) (handle uint64, release func(), err error) {
	return Callback1(f)
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

func bindContract(c *contract.Info, library string, options Methods,
	bindOn func(string, abi.Signature, invoke.Terms) (*invoke.Binding, error),
) (remotes []contract.Remote, err error) {
	if err := options.check(c); err != nil {
		return nil, &Error{Name: library, Step: StepBind, Reason: ErrArgument, Cause: err}
	}
	own, err := schema.Parse([]byte(c.Schema))
	if err != nil {
		return nil, &Error{Name: library, Step: StepBind, Reason: ErrArgument, Cause: err}
	}
	methods := make([]*contractMethod, len(c.Methods))
	for i := range c.Methods {
		b := binder{bindOn, invoke.Terms{Optional: c.Methods[i].Optional}}
		if i == 0 { // for all of them, before anything is promised
			b.terms.Check = func(c invoke.Candidate) error { return checkContract(own, c) }
		}
		m, err := bindMethod(b, c, &c.Methods[i])
		switch {
		case errors.Is(err, errMissing):
			m.missing = fmt.Errorf("%w: %s has no %s", contract.ErrNotOffered, library, c.Function(&c.Methods[i]))
		case err != nil:
			return nil, err
		default:
			options.apply(m.on, &c.Methods[i])
		}
		methods[i] = m
		remotes = append(remotes, contract.Remote{
			Call: m.call, Open: m.open,
			Make: func(ctx context.Context, args []byte, leave contract.Leave) ([]byte, contract.Pin, error) {
				return m.make(ctx, methods, args, leave)
			},
		})
	}
	return remotes, nil
}

// checkContract reports why a version can't be called by who has own.
func checkContract(own *schema.Schema, c invoke.Candidate) error {
	next, err := schemaOf(own.Contract, c.Manifest)
	if err != nil && c.Lacks != nil {
		if lacks := c.Lacks(own.Contract); lacks != nil {
			return fmt.Errorf("it serves no contract %s: %w", own.Contract, lacks)
		}
	}
	if err != nil {
		return err
	}
	if err := schema.Breaks(schema.Conflicts(own, next)); err != nil {
		return err
	}
	if c.Before == nil {
		return nil
	}
	last, err := schemaOf(own.Contract, c.Before)
	if err != nil {
		return nil // it was not judged by this: nothing of it was promised
	}
	if err := schema.Breaks(schema.Compare(last, next)); err != nil {
		return fmt.Errorf("since v%s: %w", c.Before.Version, err)
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
