package host

import (
	"context"
	"reflect"

	"github.com/hotso/hotso/host/internal/invoke"
)

// Func5 is Func0 for a function with five parameters.
func Func5[A, B, C, D, E, R any](c Caller, name string, opts ...BindOption) (
	func(context.Context, A, B, C, D, E) (R, error), error,
) {
	b, err := bindFunc[R](c, name, opts, reflect.TypeFor[A](), reflect.TypeFor[B](), reflect.TypeFor[C](), reflect.TypeFor[D](),
		reflect.TypeFor[E]())
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, a1 A, a2 B, a3 C, a4 D, a5 E) (r R, err error) {
		s, err := b.Enter(ctx)
		if err != nil {
			return r, err
		}
		invoke.Put(&s.Value.Frame, b.Params[0], &a1)
		invoke.Put(&s.Value.Frame, b.Params[1], &a2)
		invoke.Put(&s.Value.Frame, b.Params[2], &a3)
		invoke.Put(&s.Value.Frame, b.Params[3], &a4)
		invoke.Put(&s.Value.Frame, b.Params[4], &a5)
		return invoke.Finish[R](ctx, s)
	}, nil
}

// Func6 is Func0 for a function with six parameters.
func Func6[A, B, C, D, E, F, R any](c Caller, name string, opts ...BindOption) (
	func(context.Context, A, B, C, D, E, F) (R, error), error,
) {
	b, err := bindFunc[R](c, name, opts, reflect.TypeFor[A](), reflect.TypeFor[B](), reflect.TypeFor[C](), reflect.TypeFor[D](),
		reflect.TypeFor[E](), reflect.TypeFor[F]())
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, a1 A, a2 B, a3 C, a4 D, a5 E, a6 F) (r R, err error) {
		s, err := b.Enter(ctx)
		if err != nil {
			return r, err
		}
		invoke.Put(&s.Value.Frame, b.Params[0], &a1)
		invoke.Put(&s.Value.Frame, b.Params[1], &a2)
		invoke.Put(&s.Value.Frame, b.Params[2], &a3)
		invoke.Put(&s.Value.Frame, b.Params[3], &a4)
		invoke.Put(&s.Value.Frame, b.Params[4], &a5)
		invoke.Put(&s.Value.Frame, b.Params[5], &a6)
		return invoke.Finish[R](ctx, s)
	}, nil
}

// Func7 is Func0 for a function with seven parameters.
func Func7[A, B, C, D, E, F, G, R any](c Caller, name string, opts ...BindOption) (
	func(context.Context, A, B, C, D, E, F, G) (R, error), error,
) {
	b, err := bindFunc[R](c, name, opts, reflect.TypeFor[A](), reflect.TypeFor[B](), reflect.TypeFor[C](), reflect.TypeFor[D](),
		reflect.TypeFor[E](), reflect.TypeFor[F](), reflect.TypeFor[G]())
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, a1 A, a2 B, a3 C, a4 D, a5 E, a6 F, a7 G) (r R, err error) {
		s, err := b.Enter(ctx)
		if err != nil {
			return r, err
		}
		invoke.Put(&s.Value.Frame, b.Params[0], &a1)
		invoke.Put(&s.Value.Frame, b.Params[1], &a2)
		invoke.Put(&s.Value.Frame, b.Params[2], &a3)
		invoke.Put(&s.Value.Frame, b.Params[3], &a4)
		invoke.Put(&s.Value.Frame, b.Params[4], &a5)
		invoke.Put(&s.Value.Frame, b.Params[5], &a6)
		invoke.Put(&s.Value.Frame, b.Params[6], &a7)
		return invoke.Finish[R](ctx, s)
	}, nil
}

// Func8 is Func0 for a function with eight parameters. More than these go into a struct.
func Func8[A, B, C, D, E, F, G, H, R any](c Caller, name string, opts ...BindOption) (
	func(context.Context, A, B, C, D, E, F, G, H) (R, error), error,
) {
	b, err := bindFunc[R](c, name, opts, reflect.TypeFor[A](), reflect.TypeFor[B](), reflect.TypeFor[C](), reflect.TypeFor[D](),
		reflect.TypeFor[E](), reflect.TypeFor[F](), reflect.TypeFor[G](), reflect.TypeFor[H]())
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, a1 A, a2 B, a3 C, a4 D, a5 E, a6 F, a7 G, a8 H) (r R, err error) {
		s, err := b.Enter(ctx)
		if err != nil {
			return r, err
		}
		invoke.Put(&s.Value.Frame, b.Params[0], &a1)
		invoke.Put(&s.Value.Frame, b.Params[1], &a2)
		invoke.Put(&s.Value.Frame, b.Params[2], &a3)
		invoke.Put(&s.Value.Frame, b.Params[3], &a4)
		invoke.Put(&s.Value.Frame, b.Params[4], &a5)
		invoke.Put(&s.Value.Frame, b.Params[5], &a6)
		invoke.Put(&s.Value.Frame, b.Params[6], &a7)
		invoke.Put(&s.Value.Frame, b.Params[7], &a8)
		return invoke.Finish[R](ctx, s)
	}, nil
}
