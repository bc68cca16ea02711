package invoke

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"runtime"
	"strconv"
	"strings"

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
func (t *Target) enterSelf(context.Context) (*Target, *Lease, error) {
	s, ok := t.enter()
	if !ok {
		return nil, nil, t.closedError()
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

// leased puts the arguments into the lease.
func (c dynamicCall) leased(ctx context.Context) *Lease {
	c.lease.Value.begin(c.fn, c.fn.target.Conf.CallLimit, ctx.Done() != nil, false)
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
	if err := checkRegisters(fn.sig); err != nil {
		return nil, nil, life.ErrArgument, err
	}
	if len(args) != len(fn.sig.Params) {
		return nil, nil, life.ErrArgument,
			fmt.Errorf("%s takes %d arguments, not %d: %s", name, len(fn.sig.Params), len(args), fn.sig)
	}
	values = make([]reflect.Value, len(args))
	for i, p := range fn.sig.Params {
		v, err := convert(args[i], p.Type)
		if err != nil {
			return nil, nil, life.ErrArgument, fmt.Errorf("argument %d of %s: %w", i+1, name, err)
		}
		values[i] = v
	}
	return fn, values, nil, nil
}

// convert returns a pointer to a value of type t that equals arg.
func convert(arg any, t abi.Type) (reflect.Value, error) {
	v := reflect.New(goType(t))
	return v, assign(v.Elem(), arg, t)
}

// assign sets e, which is of type t, to arg.
func assign(e reflect.Value, arg any, t abi.Type) error {
	if a, ok := arg.(Argument); ok {
		v, err := a.Argument(t)
		if err != nil {
			return err
		}
		arg = v
	}
	a := reflect.ValueOf(arg)
	n, isNumber := arg.(json.Number)
	ok := false
	switch {
	case !a.IsValid():
	case isNumber:
		if !setNumber(e, wholeNumber(n, e)) {
			return fmt.Errorf("%s is not of type %s", n, t)
		}
		ok = true
	case a.Kind() == e.Kind() && t.Size() == 0 && a.CanConvert(e.Type()), a.Kind() == reflect.Bool && t == abi.Bool:
		e.Set(a.Convert(e.Type()))
		ok = true
	case t.Size() == 0:
		return assignParts(e, arg, t)
	case a.CanInt():
		ok = setNumber(e, strconv.FormatInt(a.Int(), 10))
	case a.CanUint():
		ok = setNumber(e, strconv.FormatUint(a.Uint(), 10))
	case a.CanFloat() && e.CanFloat():
		if ok = !e.OverflowFloat(a.Float()); ok {
			e.SetFloat(a.Float())
		}
	case a.CanFloat() && a.Float() == math.Trunc(a.Float()):
		ok = setNumber(e, strconv.FormatFloat(a.Float(), 'f', 0, 64))
	}
	if !ok {
		return mismatch(arg, t)
	}
	return nil
}

// mismatch does not say what a long argument is.
func mismatch(arg any, t abi.Type) error {
	text := fmt.Sprintf("%v", arg)
	if len(text) > 80 {
		return fmt.Errorf("the %T is not of type %s", arg, t)
	}
	return fmt.Errorf("%s (%T) is not of type %s", text, arg, t)
}

// assignParts sets a slice or struct from what encoding/json makes of an array
// or object. An object has all the fields of the struct and no other.
func assignParts(e reflect.Value, arg any, t abi.Type) error {
	if list, ok := arg.([]any); ok && e.Kind() == reflect.Slice && t != abi.Bytes { // JSON has base64 for bytes
		e.Set(reflect.MakeSlice(e.Type(), len(list), len(list)))
		for i, a := range list {
			if err := assign(e.Index(i), a, t.Elem()); err != nil {
				return fmt.Errorf("element %d: %w", i, err)
			}
		}
		return nil
	}
	object, ok := arg.(map[string]any)
	fields := t.Fields()
	if !ok || len(object) != len(fields) {
		return mismatch(arg, t)
	}
	for i, f := range fields {
		a, ok := object[f.Name]
		if !ok {
			return fmt.Errorf("field %s is missing: %w", f.Name, mismatch(arg, t))
		}
		if err := assign(e.Field(i), a, f.Type); err != nil {
			return fmt.Errorf("field %s: %w", f.Name, err)
		}
	}
	return nil
}

// wholeNumber writes an n like 1.0 or 1e3 as an integer, if e is one. It reads
// n as a float64, as most readers of JSON do, so only up to 2^53.
func wholeNumber(n json.Number, e reflect.Value) string {
	f, err := n.Float64()
	if e.CanFloat() || err != nil || !strings.ContainsAny(n.String(), ".eE") || f != math.Trunc(f) || math.Abs(f) >= 1<<53 {
		return n.String()
	}
	return strconv.FormatFloat(f, 'f', 0, 64)
}

// setNumber reads text into e if it is a number that holds it.
func setNumber(e reflect.Value, text string) (ok bool) {
	bits := int(e.Type().Size()) * 8
	switch {
	case e.CanInt():
		n, err := strconv.ParseInt(text, 10, bits)
		if ok = err == nil; ok {
			e.SetInt(n)
		}
	case e.CanUint():
		n, err := strconv.ParseUint(text, 10, bits)
		if ok = err == nil; ok {
			e.SetUint(n)
		}
	case e.CanFloat():
		n, err := strconv.ParseFloat(text, bits)
		if ok = err == nil; ok {
			e.SetFloat(n)
		}
	}
	return ok
}
