package invoke

import (
	"context"
	"fmt"
	"reflect"
	"runtime"
	"time"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/life"
)

// A Result is what a dynamic call returned, and which version returned it.
type Result struct {
	Value   any    // of the result's Go type, nil if there is none
	Version string // the version that answered
}

// An Argument of a dynamic call turns itself into a value for a parameter of
// type t, once it is known which version is called. The value is converted as
// any other. It may be inside a slice or map, too.
type Argument interface {
	Argument(t abi.Type) (any, error)
}

// An OwnerArgument is an Argument that depends on which version is called: on the Owner of its target.
type OwnerArgument interface {
	ArgumentOf(owner any, t abi.Type) (any, error)
}

// Call calls a function by name with arguments that are converted to its parameter
// types: see package host.
func (t *Target) Call(ctx context.Context, name string, args ...any) (Result, error) {
	return callDynamic(ctx, t.enterSelf, name, args)
}

// Call is Target.Call on the target that serves.
func (r *Route) Call(ctx context.Context, name string, args ...any) (Result, error) {
	return callDynamic(ctx, r.enter, name, args)
}

// CallStream is Call for a function that returns a stream.
func (t *Target) CallStream(ctx context.Context, name string, args ...any) (*Stream, error) {
	return openDynamic(ctx, t.enterSelf, name, args)
}

// CallStream is Target.CallStream on the target that serves.
func (r *Route) CallStream(ctx context.Context, name string, args ...any) (*Stream, error) {
	return openDynamic(ctx, r.enter, name, args)
}

// enterSelf is Route.enter for calls that go to one target only.
func (t *Target) enterSelf(ctx context.Context) (*Target, *Lease, error) {
	s, _, err := t.await(ctx)
	if err != nil {
		return nil, nil, err
	}
	return t, s, nil
}

// An entrance is the enter of a target or route.
type entrance func(context.Context) (*Target, *Lease, error)

// A dynamicCall is inside, and has its arguments converted.
type dynamicCall struct {
	fn     *Function
	lease  *Lease
	values []reflect.Value
}

// enterDynamic enters, and converts the arguments. stream tells that the function is to
// return one. t is set, too, if the error is about the function or its arguments.
func enterDynamic(ctx context.Context, enter entrance, name string, args []any, stream bool) (
	t *Target, c dynamicCall, err error,
) {
	if err := ctx.Err(); err != nil {
		return nil, c, err
	}
	t, c.lease, err = enter(ctx)
	if err != nil {
		return nil, c, err
	}
	var reason error
	if c.fn, c.values, reason, err = t.prepare(name, args, stream); err != nil {
		t.leaveUncounted(c.lease)
		return t, c, &life.Error{Name: t.Name, Version: t.Version, Step: life.StepCall, Reason: reason, Cause: err}
	}
	return t, c, nil
}

// forever is a grace in which every call ends, or nobody waits for it any more. Its callers stay, without a goroutine
// that would let them leave.
const forever = 365 * 24 * time.Hour

// leased puts the arguments into the lease.
func (c dynamicCall) leased(ctx context.Context) *Lease {
	conf := c.fn.target.Conf
	c.lease.Value.begin(c.fn, conf.CallLimit, ctx.Done() != nil, conf.CancelGrace >= forever)
	for i, p := range c.fn.params {
		putOther(&c.lease.Value.Frame, p, c.values[i].UnsafePointer())
	}
	return c.lease
}

func callDynamic(ctx context.Context, enter entrance, name string, args []any) (result Result, err error) {
	t, c, err := enterDynamic(ctx, enter, name, args, false)
	if t != nil {
		result.Version = t.Version
	}
	if err != nil {
		return result, err
	}
	out := reflect.New(goType(c.fn.sig.Result))
	err = finishInto(ctx, c.leased(ctx), out.UnsafePointer())
	if err == nil && c.fn.sig.Result != abi.None {
		result.Value = out.Elem().Interface()
	}
	return result, err
}

func openDynamic(ctx context.Context, enter entrance, name string, args []any) (*Stream, error) {
	for {
		t, c, err := enterDynamic(ctx, enter, name, args, true)
		if err != nil {
			return nil, err
		}
		if s := t.newStream(ctx, name); s != nil {
			return s.Open(c.leased(ctx))
		}
		t.leaveUncounted(c.lease) // it was closed meanwhile
		runtime.Gosched()
	}
}

// prepare finds the function and converts the arguments; reason is the sentinel
// of its error. stream tells that the function is to return one.
func (t *Target) prepare(name string, args []any, stream bool) (fn *Function, values []reflect.Value, reason, err error) {
	fn, ok := t.functions[name]
	if !ok {
		return nil, nil, life.ErrFunction, fmt.Errorf("%q", name)
	}
	switch {
	case fn.sig.Result == abi.Stream && !stream:
		return nil, nil, life.ErrArgument, fmt.Errorf("%s returns a stream: ReaderFunc1 and its kin read it, or CallStream", name)
	case fn.sig.Result != abi.Stream && stream:
		return nil, nil, life.ErrArgument, fmt.Errorf("%s returns no stream: %s", name, fn.sig)
	}
	if err := CheckRegisters(fn.sig); err != nil {
		return nil, nil, life.ErrArgument, err
	}
	if len(args) != len(fn.sig.Params) {
		return nil, nil, life.ErrArgument,
			fmt.Errorf("%s takes %d arguments, not %d: %s", name, len(fn.sig.Params), len(args), fn.sig)
	}
	values = make([]reflect.Value, len(args))
	for i, p := range fn.sig.Params {
		v, err := t.convert(args[i], p.Type)
		if err != nil {
			return nil, nil, life.ErrArgument, fmt.Errorf("argument %d of %s: %w", i+1, name, err)
		}
		values[i] = v
	}
	return fn, values, nil, nil
}

// convert returns a pointer to a value of type typ that equals arg.
func (t *Target) convert(arg any, typ abi.Type) (v reflect.Value, err error) {
	if a, ok := arg.(OwnerArgument); ok {
		if arg, err = a.ArgumentOf(t.Owner, typ); err != nil {
			return v, err
		}
	}
	return convert(arg, typ)
}
