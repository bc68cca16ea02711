package host

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/gate"
)

// A Result is what a dynamic call returned, and which version returned it.
type Result struct {
	Value   any    // of the result's Go type, nil if there is none
	Version string // the version that answered
}

// An Argument of a dynamic call turns itself into a value for a parameter of
// type t, once it is known which version is called. The value is converted as
// any other.
type Argument interface {
	Argument(t abi.Type) (any, error)
}

// Call calls a function by name with arguments that are converted to its
// parameter types: numbers of any Go type and json.Number where the value
// fits, string, []byte, bool, and Argument. It is for callers that learn the functions at run
// time; Func1 and its kin are faster and check at compile time. Errors are
// those of typed calls, and ErrArgument.
func (l *Library) Call(ctx context.Context, name string, args ...any) (Result, error) {
	if err := ctx.Err(); err != nil {
		return Result{}, err
	}
	token, ok := l.gate.Enter()
	if !ok {
		return Result{}, l.closedError()
	}
	return l.callDynamic(ctx, token, name, args)
}

// Call is Library.Call on the current version.
func (s *Slot) Call(ctx context.Context, name string, args ...any) (Result, error) {
	if err := ctx.Err(); err != nil {
		return Result{}, err
	}
	lib, token, err := s.enter(ctx)
	if err != nil {
		return Result{}, err
	}
	return lib.callDynamic(ctx, token, name, args)
}

// callDynamic makes the call of a caller that is inside, and leaves.
func (l *Library) callDynamic(ctx context.Context, shard gate.Shard, name string, args []any) (Result, error) {
	result := Result{Version: l.Version()}
	fn, values, err := l.prepare(name, args)
	if err != nil {
		l.gate.Leave(shard)
		return result, &Error{Name: l.Name(), Version: l.Version(), Step: StepCall,
			Reason: err[0], Cause: err[1]}
	}
	in := inside{fn: fn, shard: shard, limit: l.conf.callLimit}
	in.takeFrame()
	for i, p := range fn.sig.Params {
		put(in.frame, kindOf(p.Type), values[i].UnsafePointer())
	}
	out := reflect.New(goTypes[resultType(fn.sig)])
	if ctx.Done() == nil && in.limit == 0 {
		defer in.leave()
		err := fn.do(in.frame, out.UnsafePointer())
		return result.with(fn, out, err)
	}
	return result.with(fn, out, in.bounded(ctx, out.UnsafePointer()))
}

// prepare finds the function and converts the arguments. Its error is a reason
// and a cause.
func (l *Library) prepare(name string, args []any) (*function, []reflect.Value, []error) {
	fn, ok := l.functions[name]
	if !ok {
		return nil, nil, []error{ErrFunction, fmt.Errorf("%q", name)}
	}
	if err := checkRegisters(fn.sig); err != nil {
		return nil, nil, []error{ErrArgument, err}
	}
	if len(args) != len(fn.sig.Params) {
		return nil, nil, []error{ErrArgument,
			fmt.Errorf("%s takes %d arguments, not %d: %s", name, len(fn.sig.Params), len(args), fn.sig)}
	}
	values := make([]reflect.Value, len(args))
	for i, p := range fn.sig.Params {
		v, err := convert(args[i], p.Type)
		if err != nil {
			return nil, nil, []error{ErrArgument, fmt.Errorf("argument %d of %s: %w", i+1, name, err)}
		}
		values[i] = v
	}
	return fn, values, nil
}

// with completes a result. A call that was left behind may still write to out,
// which is then not read.
func (r Result) with(fn *function, out reflect.Value, err error) (Result, error) {
	if err == nil && fn.sig.Result != abi.None {
		r.Value = out.Elem().Interface()
	}
	return r, err
}

func resultType(sig abi.Signature) abi.Type {
	if sig.Result == abi.CString {
		return abi.String
	}
	return sig.Result
}

var goTypes = map[abi.Type]reflect.Type{
	abi.None: reflect.TypeFor[None](), abi.Bool: reflect.TypeFor[bool](),
	abi.Int8: reflect.TypeFor[int8](), abi.Int16: reflect.TypeFor[int16](),
	abi.Int32: reflect.TypeFor[int32](), abi.Int64: reflect.TypeFor[int64](),
	abi.Uint8: reflect.TypeFor[uint8](), abi.Uint16: reflect.TypeFor[uint16](),
	abi.Uint32: reflect.TypeFor[uint32](), abi.Uint64: reflect.TypeFor[uint64](),
	abi.Float32: reflect.TypeFor[float32](), abi.Float64: reflect.TypeFor[float64](),
	abi.String: reflect.TypeFor[string](), abi.Bytes: reflect.TypeFor[[]byte](),
}

// convert returns a pointer to a value of type t that equals arg.
func convert(arg any, t abi.Type) (reflect.Value, error) {
	v := reflect.New(goTypes[t])
	e := v.Elem()
	if a, ok := arg.(Argument); ok {
		var err error
		if arg, err = a.Argument(t); err != nil {
			return v, err
		}
	}
	if n, ok := arg.(json.Number); ok {
		return v, setNumber(e, wholeNumber(n, e), fmt.Errorf("%s is not of type %s", n, t))
	}
	mismatch := fmt.Errorf("%v (%T) is not of type %s", arg, arg, t)
	a := reflect.ValueOf(arg)
	switch {
	case !a.IsValid():
		return v, mismatch
	case t == abi.String && a.Kind() == reflect.String, t == abi.Bool && a.Kind() == reflect.Bool:
		e.Set(a.Convert(e.Type()))
		return v, nil
	case t == abi.Bytes && a.Type() == e.Type():
		e.Set(a)
		return v, nil
	case t.Size() == 0 || t == abi.Bool:
		return v, mismatch
	case a.CanInt():
		return v, setNumber(e, strconv.FormatInt(a.Int(), 10), mismatch)
	case a.CanUint():
		return v, setNumber(e, strconv.FormatUint(a.Uint(), 10), mismatch)
	case a.CanFloat() && e.CanFloat():
		if e.OverflowFloat(a.Float()) {
			return v, mismatch
		}
		e.SetFloat(a.Float())
		return v, nil
	case a.CanFloat() && a.Float() == math.Trunc(a.Float()):
		return v, setNumber(e, strconv.FormatFloat(a.Float(), 'f', 0, 64), mismatch)
	}
	return v, mismatch
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

// setNumber reads text into a number of e's type.
func setNumber(e reflect.Value, text string, mismatch error) error {
	bits := int(e.Type().Size()) * 8
	switch {
	case e.CanInt():
		n, err := strconv.ParseInt(text, 10, bits)
		if err != nil {
			return mismatch
		}
		e.SetInt(n)
	case e.CanUint():
		n, err := strconv.ParseUint(text, 10, bits)
		if err != nil {
			return mismatch
		}
		e.SetUint(n)
	case e.CanFloat():
		n, err := strconv.ParseFloat(text, bits)
		if err != nil {
			return mismatch
		}
		e.SetFloat(n)
	default:
		return mismatch
	}
	return nil
}
