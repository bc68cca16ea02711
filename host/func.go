package host

import (
	"context"
	"reflect"
	"unsafe"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/call"
	"github.com/hotso/hotso/host/internal/gate"
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
// Errors of a call: *CallError (ErrCall, ErrPanic), ErrClosed, ErrEmpty, and
// ctx.Err() if ctx ended before the call began.
func Func0[R any](c Caller, name string) (func(context.Context) (R, error), error) {
	b, err := bindFunc[R](c, name)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (r R, err error) {
		err = b.call(ctx, call.Get(), unsafe.Pointer(&r))
		return r, err
	}, nil
}

// Func1 is Func0 for a function with one parameter.
//
//	greet, err := host.Func1[string, string](slot, "GreetName")
//	...
//	s, err := greet(ctx, "Ada")
func Func1[A, R any](c Caller, name string) (func(context.Context, A) (R, error), error) {
	b, err := bindFunc[R](c, name, reflect.TypeFor[A]())
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, a1 A) (r R, err error) {
		f := call.Get()
		put(f, b.args[0], unsafe.Pointer(&a1))
		err = b.call(ctx, f, unsafe.Pointer(&r))
		return r, err
	}, nil
}

// Func2 is Func0 for a function with two parameters.
func Func2[A, B, R any](c Caller, name string) (func(context.Context, A, B) (R, error), error) {
	b, err := bindFunc[R](c, name, reflect.TypeFor[A](), reflect.TypeFor[B]())
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, a1 A, a2 B) (r R, err error) {
		f := call.Get()
		put(f, b.args[0], unsafe.Pointer(&a1))
		put(f, b.args[1], unsafe.Pointer(&a2))
		err = b.call(ctx, f, unsafe.Pointer(&r))
		return r, err
	}, nil
}

// Func3 is Func0 for a function with three parameters.
func Func3[A, B, C, R any](c Caller, name string) (func(context.Context, A, B, C) (R, error), error) {
	b, err := bindFunc[R](c, name, reflect.TypeFor[A](), reflect.TypeFor[B](), reflect.TypeFor[C]())
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, a1 A, a2 B, a3 C) (r R, err error) {
		f := call.Get()
		put(f, b.args[0], unsafe.Pointer(&a1))
		put(f, b.args[1], unsafe.Pointer(&a2))
		put(f, b.args[2], unsafe.Pointer(&a3))
		err = b.call(ctx, f, unsafe.Pointer(&r))
		return r, err
	}, nil
}

// Func4 is Func0 for a function with four parameters.
func Func4[A, B, C, D, R any](c Caller, name string) (func(context.Context, A, B, C, D) (R, error), error) {
	b, err := bindFunc[R](c, name, reflect.TypeFor[A](), reflect.TypeFor[B](), reflect.TypeFor[C](), reflect.TypeFor[D]())
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, a1 A, a2 B, a3 C, a4 D) (r R, err error) {
		f := call.Get()
		put(f, b.args[0], unsafe.Pointer(&a1))
		put(f, b.args[1], unsafe.Pointer(&a2))
		put(f, b.args[2], unsafe.Pointer(&a3))
		put(f, b.args[3], unsafe.Pointer(&a4))
		err = b.call(ctx, f, unsafe.Pointer(&r))
		return r, err
	}, nil
}

func bindFunc[R any](c Caller, name string, params ...reflect.Type) (*binding, error) {
	fail := func(cause error) (*binding, error) {
		return nil, &Error{Name: name, Step: StepBind, Reason: ErrArgument, Cause: cause}
	}
	var sig abi.Signature
	for _, p := range params {
		t, err := typeOf(p)
		if err != nil {
			return fail(err)
		}
		sig.Params = append(sig.Params, abi.Param{Type: t})
	}
	if r := reflect.TypeFor[R](); r != reflect.TypeFor[None]() {
		t, err := typeOf(r)
		if err != nil {
			return fail(err)
		}
		sig.Result = t
	}
	if err := checkRegisters(sig); err != nil {
		return fail(err)
	}
	b, err := c.bind(name, sig)
	if err != nil {
		return nil, err
	}
	for _, p := range sig.Params {
		b.args = append(b.args, newArgument(p.Type))
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
	name  string
	sig   abi.Signature
	args  []argument
	fixed *function // of one library
	slot  *Slot     // or: index into the bound functions of its current version
	index int
}

// enter goes through the gate of the version to call. The caller leaves with
// the gate and token it gets.
func (b *binding) enter() (*function, *gate.Gate, gate.Shard, error) {
	if b.slot == nil {
		g := &b.fixed.lib.gate
		token, ok := g.Enter()
		if !ok {
			return nil, nil, token, b.fixed.lib.closedError()
		}
		return b.fixed, g, token, nil
	}
	lib, token, err := b.slot.enter()
	if err != nil {
		return nil, nil, token, err
	}
	return (*lib.bound.Load())[b.index], &lib.gate, token, nil
}

// call calls the function with the arguments in f, which it puts back.
func (b *binding) call(ctx context.Context, f *call.Frame, result unsafe.Pointer) error {
	defer f.Put()
	if err := ctx.Err(); err != nil {
		return err
	}
	fn, g, token, err := b.enter()
	if err != nil {
		return err
	}
	defer g.Leave(token)
	return fn.do(f, result)
}
