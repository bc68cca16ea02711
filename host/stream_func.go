package host

import (
	"context"
	"reflect"

	"github.com/hotso/hotso/host/internal/invoke"
)

// ReaderFunc0 binds a function of c that returns a stream (cabi.Stream, cabi.Seq).
// The context holds for the whole stream, the limits for the call that opens it.
// Everything else is as with Func0.
//
//	open, err := host.ReaderFunc1[string](slot, "Open")
//	...
//	r, err := open(ctx, "big.log")
//	...
//	defer r.Close()
//	_, err = io.Copy(os.Stdout, r)
func ReaderFunc0(c Caller, name string, opts ...BindOption) (func(context.Context) (*Stream, error), error) {
	b, err := bindFunc[invoke.StreamHandle](c, name, opts)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (*Stream, error) {
		s, stream, err := b.EnterStream(ctx)
		if err != nil {
			return nil, err
		}
		return newStream(stream.Open(s))
	}, nil
}

// ReaderFunc1 is ReaderFunc0 for a function with one parameter.
func ReaderFunc1[A any](c Caller, name string, opts ...BindOption) (func(context.Context, A) (*Stream, error), error) {
	b, err := bindFunc[invoke.StreamHandle](c, name, opts, reflect.TypeFor[A]())
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, a1 A) (*Stream, error) {
		s, stream, err := b.EnterStream(ctx)
		if err != nil {
			return nil, err
		}
		invoke.Put(&s.Value.Frame, b.Params[0], &a1)
		return newStream(stream.Open(s))
	}, nil
}

// ReaderFunc2 is ReaderFunc0 for a function with two parameters.
func ReaderFunc2[A, B any](c Caller, name string, opts ...BindOption) (func(context.Context, A, B) (*Stream, error), error) {
	b, err := bindFunc[invoke.StreamHandle](c, name, opts, reflect.TypeFor[A](), reflect.TypeFor[B]())
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, a1 A, a2 B) (*Stream, error) {
		s, stream, err := b.EnterStream(ctx)
		if err != nil {
			return nil, err
		}
		invoke.Put(&s.Value.Frame, b.Params[0], &a1)
		invoke.Put(&s.Value.Frame, b.Params[1], &a2)
		return newStream(stream.Open(s))
	}, nil
}

// ReaderFunc3 is ReaderFunc0 for a function with three parameters. More go into
// a struct.
func ReaderFunc3[A, B, C any](c Caller, name string, opts ...BindOption) (func(context.Context, A, B, C) (*Stream, error), error) {
	b, err := bindFunc[invoke.StreamHandle](c, name, opts, reflect.TypeFor[A](), reflect.TypeFor[B](), reflect.TypeFor[C]())
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, a1 A, a2 B, a3 C) (*Stream, error) {
		s, stream, err := b.EnterStream(ctx)
		if err != nil {
			return nil, err
		}
		invoke.Put(&s.Value.Frame, b.Params[0], &a1)
		invoke.Put(&s.Value.Frame, b.Params[1], &a2)
		invoke.Put(&s.Value.Frame, b.Params[2], &a3)
		return newStream(stream.Open(s))
	}, nil
}
