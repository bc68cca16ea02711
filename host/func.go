package host

import (
	"context"
	"reflect"
	"slices"
	"time"

	"github.com/hotso/hotso/cabi/abi"
)

// A Caller is what functions are called on: a *Library, or a *Slot, which
// always reaches its current version.
type Caller interface {
	// bind finds or promises a function of that name.
	bind(name string, want abi.Signature) (*binding, error)
}

// None is the result type of a function that returns nothing, or an error only.
type None struct{}

// Func0 binds the function name of c, which takes no argument. The returned
// function may be called from any goroutine, at the same time, for as long as
// c is open. Binding to a slot is a promise: from then on, a version without
// that function, or with another signature, is refused.
//
// Parameters and results are the fixed-width integers, float32, float64, bool,
// string, []byte, slices of these numbers, and structs of these numbers, bool
// and structs; or types of these kinds. The library reads slices where they
// are, so nobody may write to them during the call; structs are copied, and a
// version whose fields have other names or another order is refused.
//
// Errors of a call: *CallError (ErrCall, ErrPanic), *Crash (ErrCrashed), ErrClosed, ErrEmpty, ErrHung when ctx
// or a limit ended while the call was inside, and ctx.Err() if ctx ended before
// the call began. A call whose ctx can't end and that has no limit is the
// fastest; [Stay] is for the others.
func Func0[R any](c Caller, name string, opts ...BindOption) (func(context.Context) (R, error), error) {
	b, err := bindFunc[R](c, name, opts)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (r R, err error) {
		s, err := b.enter(ctx)
		if err != nil {
			return r, err
		}
		return finish[R](ctx, s)
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
		s, err := b.enter(ctx)
		if err != nil {
			return r, err
		}
		put(&s.Value.Frame, b.params[0], &a1)
		return finish[R](ctx, s)
	}, nil
}

// Func2 is Func0 for a function with two parameters.
func Func2[A, B, R any](c Caller, name string, opts ...BindOption) (func(context.Context, A, B) (R, error), error) {
	b, err := bindFunc[R](c, name, opts, reflect.TypeFor[A](), reflect.TypeFor[B]())
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, a1 A, a2 B) (r R, err error) {
		s, err := b.enter(ctx)
		if err != nil {
			return r, err
		}
		put(&s.Value.Frame, b.params[0], &a1)
		put(&s.Value.Frame, b.params[1], &a2)
		return finish[R](ctx, s)
	}, nil
}

// Func3 is Func0 for a function with three parameters.
func Func3[A, B, C, R any](c Caller, name string, opts ...BindOption) (func(context.Context, A, B, C) (R, error), error) {
	b, err := bindFunc[R](c, name, opts, reflect.TypeFor[A](), reflect.TypeFor[B](), reflect.TypeFor[C]())
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, a1 A, a2 B, a3 C) (r R, err error) {
		s, err := b.enter(ctx)
		if err != nil {
			return r, err
		}
		put(&s.Value.Frame, b.params[0], &a1)
		put(&s.Value.Frame, b.params[1], &a2)
		put(&s.Value.Frame, b.params[2], &a3)
		return finish[R](ctx, s)
	}, nil
}

// Func4 is Func0 for a function with four parameters.
func Func4[A, B, C, D, R any](c Caller, name string, opts ...BindOption) (func(context.Context, A, B, C, D) (R, error), error) {
	b, err := bindFunc[R](c, name, opts, reflect.TypeFor[A](), reflect.TypeFor[B](), reflect.TypeFor[C](), reflect.TypeFor[D]())
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, a1 A, a2 B, a3 C, a4 D) (r R, err error) {
		s, err := b.enter(ctx)
		if err != nil {
			return r, err
		}
		put(&s.Value.Frame, b.params[0], &a1)
		put(&s.Value.Frame, b.params[1], &a2)
		put(&s.Value.Frame, b.params[2], &a3)
		put(&s.Value.Frame, b.params[3], &a4)
		return finish[R](ctx, s)
	}, nil
}

func bindFunc[R any](c Caller, name string, opts []BindOption, params ...reflect.Type) (*binding, error) {
	fail := func(cause error) (*binding, error) {
		return nil, &Error{Name: name, Step: StepBind, Reason: ErrArgument, Cause: cause}
	}
	var sig abi.Signature
	for _, p := range params {
		t, err := abi.TypeOf(p)
		if err != nil {
			return fail(err)
		}
		sig.Params = append(sig.Params, abi.Param{Type: t})
	}
	if r := reflect.TypeFor[R](); r != reflect.TypeFor[None]() {
		t, err := abi.TypeOf(r)
		if err != nil {
			return fail(err)
		}
		sig.Result = t
		if r == reflect.TypeFor[streamHandle]() {
			sig.Result = abi.Stream
		}
	}
	if err := checkRegisters(sig); err != nil {
		return fail(err)
	}
	b, err := c.bind(name, sig)
	if err != nil {
		return nil, err
	}
	for _, o := range opts {
		o(b)
	}
	return b, nil
}

// compatible reports whether a function of signature have can be called as want.
// What the host wants to know is the types; how errors travel is the library's.
func compatible(want, have abi.Signature) bool {
	if have.Result == abi.CString {
		have.Result = abi.String
	}
	have.Error, want.Error = false, false
	return want.Equal(have)
}

// A binding is a promise that name can be called on a library or slot.
type binding struct {
	slot   *Slot         // where it is called, or
	fixed  *function     // which function of one library
	index  int           // into the bound functions of the slot's current version
	limit  time.Duration // of each call, 0: none
	stays  bool          // the caller, whatever its context says
	params [maxParams]param

	name string
	sig  abi.Signature
}

// maxParams is how many parameters a typed function has at most.
const maxParams = 8

func newBinding(name string, sig abi.Signature, limit time.Duration) *binding {
	b := &binding{name: name, sig: sig, limit: limit}
	copy(b.params[:], layoutOf(sig).params)
	return b
}

// addBound adds a function to those that a slot has bound. The slot's mu is held.
func (l *Library) addBound(fn *function) {
	bound := append(slices.Clone(*l.bound.Load()), fn)
	l.bound.Store(&bound)
}
