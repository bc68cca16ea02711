package host

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"reflect"

	"github.com/hotso/hotso/contract"
	"github.com/hotso/hotso/host/internal/invoke"
)

// A contractMethod is the function of one method of a contract, or of its objects.
type contractMethod struct {
	on       *invoke.Binding
	optional bool
	missing  error // why it can't be called
}

// bindMethod binds the function of a method.
func bindMethod(b binder, c *contract.Info, m *contract.Method) (bound *contractMethod, err error) {
	bound = &contractMethod{optional: m.Optional}
	args := reflect.TypeFor[[]byte]()
	if m.Stream {
		bound.on, err = bindFunc[invoke.StreamHandle](b, c.Function(m), nil, args)
	} else {
		bound.on, err = bindFunc[[]byte](b, c.Function(m), nil, args)
	}
	return bound, err
}

// offered adds to an error that the version which was called is older than the method, if it is.
func (m *contractMethod) offered(err error) error {
	if err != nil && m.optional && errors.Is(err, ErrFunction) {
		return fmt.Errorf("%w: %w", contract.ErrNotOffered, err)
	}
	return err
}

func (m *contractMethod) call(ctx context.Context, args, room []byte) ([]byte, error) {
	if m.missing != nil {
		return nil, m.missing
	}
	in, err := m.on.Enter(ctx)
	if err != nil {
		return nil, m.offered(err)
	}
	return m.finish(ctx, in, args, room)
}

func (m *contractMethod) finish(ctx context.Context, in *invoke.Lease, args, room []byte) ([]byte, error) {
	invoke.Put(&in.Value.Frame, m.on.Params[0], &args)
	return invoke.FinishBytes(ctx, in, room)
}

func (m *contractMethod) open(ctx context.Context, args []byte) (iter.Seq2[[]byte, error], error) {
	if m.missing != nil {
		return nil, m.missing
	}
	in, stream, err := m.on.EnterStream(ctx)
	if err != nil {
		return nil, m.offered(err)
	}
	return m.read(in, stream, args)
}

func (m *contractMethod) read(in *invoke.Lease, opened interface {
	Open(*invoke.Lease) (*invoke.Stream, error)
}, args []byte) (iter.Seq2[[]byte, error], error) {
	invoke.Put(&in.Value.Frame, m.on.Params[0], &args)
	s, err := opened.Open(in)
	if err != nil {
		return nil, err
	}
	return s.Seq(), nil
}

// A contractPin implements contract.Pin.
type contractPin struct {
	*invoke.Pin
	methods []*contractMethod
}

// make is contract.Remote.Make for one of the methods.
func (m *contractMethod) make(ctx context.Context, methods []*contractMethod, args []byte, leave contract.Leave) ([]byte, contract.Pin, error) {
	if m.missing != nil {
		return nil, nil, m.missing
	}
	in, p, err := m.on.EnterPin(ctx, invoke.Leave(leave))
	if err != nil {
		return nil, nil, m.offered(err)
	}
	reply, err := m.finish(ctx, in, args, nil)
	return reply, &contractPin{p, methods}, err
}

// stands translates the error of a version that stands still.
func (m *contractMethod) stands(err error) error {
	if err == invoke.ErrStandsStill {
		return contract.ErrStandsStill
	}
	return m.offered(err)
}

func (p *contractPin) Call(ctx context.Context, method int, args, room []byte) ([]byte, error) {
	m := p.methods[method]
	if m.missing != nil {
		return nil, m.missing
	}
	in, err := p.Enter(ctx, m.on)
	if err != nil {
		return nil, m.stands(err)
	}
	return m.finish(ctx, in, args, room)
}

func (p *contractPin) CallLeaving(ctx context.Context, method int, args []byte) ([]byte, error) {
	m := p.methods[method]
	in, err := p.EnterLeaving(ctx, m.on)
	if err != nil {
		return nil, err
	}
	return m.finish(ctx, in, args, nil)
}

func (p *contractPin) Open(ctx context.Context, method int, args []byte) (iter.Seq2[[]byte, error], error) {
	m := p.methods[method]
	if m.missing != nil {
		return nil, m.missing
	}
	in, stream, err := p.EnterStream(ctx, m.on)
	if err != nil {
		return nil, m.stands(err)
	}
	return m.read(in, stream, args)
}

func (p *contractPin) Make(ctx context.Context, method int, args []byte, leave contract.Leave) ([]byte, contract.Pin, error) {
	m := p.methods[method]
	if m.missing != nil {
		return nil, nil, m.missing
	}
	next, err := p.Another(invoke.Leave(leave))
	if err != nil {
		return nil, nil, err
	}
	in, err := p.Enter(ctx, m.on)
	if err != nil {
		next.Release()
		return nil, nil, m.stands(err)
	}
	reply, err := m.finish(ctx, in, args, nil)
	return reply, &contractPin{next, p.methods}, err
}
