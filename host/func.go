package host

import (
	"context"
	"reflect"
	"time"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/invoke"
)

// A Caller is what functions are called on: a *Library, or a *Slot, which
// always reaches its current version.
type Caller interface {
	// bind finds or promises a function of that name.
	bind(name string, want abi.Signature) (*invoke.Binding, error)
}

// None is the result type of a function that returns nothing, or only an error.
type None struct{}

// A BindOption configures one bound function.
type BindOption struct{ apply invoke.BindOption }

// Limit bounds every call of the function, as a context with that timeout does. 0
// leaves it at CallTimeout.
func Limit(d time.Duration) BindOption { return BindOption{invoke.Limit(d)} }

// Stay makes callers of the function wait until the library returns, even if their
// context ends. So a call with a context that can end, such as a request's, runs on the
// caller's own goroutine, and costs a fifth of one whose caller may leave.
//
// The library still learns of the end (cabi.Context), within some milliseconds. A call
// that does not heed it keeps its caller, unless KillHung ends the version: then the
// error is ErrCrashed. A limit (Limit, CallTimeout) still bounds the call: when it is
// over its caller may leave.
func Stay() BindOption { return BindOption{invoke.Stay()} }

// Func0 binds the function name of c, which takes no argument. The returned
// function may be called from any goroutine, at the same time, for as long as
// c is open. Binding to a slot is a promise: from then on, a version without
// that function, or with another signature, is refused.
//
// Parameters and results are the fixed-width integers, float32, float64, bool,
// string, []byte, slices of these numbers, and structs of these numbers, bool
// and structs; or named types of these. The library reads slices where they
// are, so nobody may write to them during the call; structs are copied, and a
// version whose fields have other names or another order is refused.
//
// Errors of a call: *CallError (ErrCall, ErrPanic), *Crash (ErrCrashed), ErrClosed,
// ErrEmpty, ErrHung if ctx or a limit ended while the call was inside, and ctx.Err() if
// ctx ended before the call began. A call whose ctx can't end and that has no limit is
// the fastest; [Stay] is for the others.
func Func0[R any](c Caller, name string, opts ...BindOption) (func(context.Context) (R, error), error) {
	b, err := bindFunc[R](c, name, opts)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (r R, err error) {
		s, err := b.Enter(ctx)
		if err != nil {
			return r, err
		}
		return invoke.Finish[R](ctx, s)
	}, nil
}

// Func1 is Func0 for a function with one parameter.
//
//	greet, err := host.Func1[string, string](slot, "GreetName")
//	...
//	s, err := greet(ctx, "Ada")
func Func1[A, R any](c Caller, name string, opts ...BindOption) (func(context.Context, A) (R, error), error) {
	b, err := bindFunc[R](c, name, opts, reflect.TypeFor[A]())
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, a1 A) (r R, err error) {
		s, err := b.Enter(ctx)
		if err != nil {
			return r, err
		}
		invoke.Put(&s.Value.Frame, b.Params[0], &a1)
		return invoke.Finish[R](ctx, s)
	}, nil
}

// Func2 is Func0 for a function with two parameters.
func Func2[A, B, R any](c Caller, name string, opts ...BindOption) (func(context.Context, A, B) (R, error), error) {
	b, err := bindFunc[R](c, name, opts, reflect.TypeFor[A](), reflect.TypeFor[B]())
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, a1 A, a2 B) (r R, err error) {
		s, err := b.Enter(ctx)
		if err != nil {
			return r, err
		}
		invoke.Put(&s.Value.Frame, b.Params[0], &a1)
		invoke.Put(&s.Value.Frame, b.Params[1], &a2)
		return invoke.Finish[R](ctx, s)
	}, nil
}

// Func3 is Func0 for a function with three parameters.
func Func3[A, B, C, R any](c Caller, name string, opts ...BindOption) (func(context.Context, A, B, C) (R, error), error) {
	b, err := bindFunc[R](c, name, opts, reflect.TypeFor[A](), reflect.TypeFor[B](), reflect.TypeFor[C]())
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, a1 A, a2 B, a3 C) (r R, err error) {
		s, err := b.Enter(ctx)
		if err != nil {
			return r, err
		}
		invoke.Put(&s.Value.Frame, b.Params[0], &a1)
		invoke.Put(&s.Value.Frame, b.Params[1], &a2)
		invoke.Put(&s.Value.Frame, b.Params[2], &a3)
		return invoke.Finish[R](ctx, s)
	}, nil
}

// Func4 is Func0 for a function with four parameters.
func Func4[A, B, C, D, R any](c Caller, name string, opts ...BindOption) (func(context.Context, A, B, C, D) (R, error), error) {
	b, err := bindFunc[R](c, name, opts, reflect.TypeFor[A](), reflect.TypeFor[B](), reflect.TypeFor[C](), reflect.TypeFor[D]())
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, a1 A, a2 B, a3 C, a4 D) (r R, err error) {
		s, err := b.Enter(ctx)
		if err != nil {
			return r, err
		}
		invoke.Put(&s.Value.Frame, b.Params[0], &a1)
		invoke.Put(&s.Value.Frame, b.Params[1], &a2)
		invoke.Put(&s.Value.Frame, b.Params[2], &a3)
		invoke.Put(&s.Value.Frame, b.Params[3], &a4)
		return invoke.Finish[R](ctx, s)
	}, nil
}

func bindFunc[R any](c Caller, name string, opts []BindOption, params ...reflect.Type) (*invoke.Binding, error) {
	result := reflect.TypeFor[R]()
	if result == reflect.TypeFor[None]() {
		result = nil
	}
	sig, err := invoke.SignatureOf(result, params...)
	if err != nil {
		return nil, &Error{Name: name, Step: StepBind, Reason: ErrArgument, Cause: err}
	}
	b, err := c.bind(name, sig)
	if err != nil {
		return nil, err
	}
	for _, o := range opts {
		o.apply(b)
	}
	return b, nil
}
