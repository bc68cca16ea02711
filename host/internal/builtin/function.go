package builtin

import (
	"context"
	"fmt"
	"io"
	"iter"
	"reflect"
	"sync/atomic"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/invoke"
)

// A function is one of the implementation, with how its values cross.
type function struct {
	typ     reflect.Type
	sig     abi.Signature
	context bool // it takes one first
	lent    map[int]*lentType
	fails   bool
	stream  stream
	find    func(implementation any) reflect.Value
}

// A stream says what a function returns that is read piece by piece.
type stream int

const (
	noStream stream = iota
	reader
	sequence
)

var (
	contextType  = reflect.TypeFor[context.Context]()
	readerType   = reflect.TypeFor[io.Reader]()
	sequenceType = reflect.TypeFor[iter.Seq2[[]byte, error]]()
)

// functionOf says how a function of that type crosses.
func functionOf(t reflect.Type) (*function, error) {
	if t.IsVariadic() {
		return nil, fmt.Errorf("%v is variadic", t)
	}
	f := &function{typ: t, lent: map[int]*lentType{}}
	f.context = t.NumIn() > 0 && t.In(0) == contextType
	for i := f.first(); i < t.NumIn(); i++ {
		typ, err := abi.TypeOf(t.In(i))
		if err != nil && t.In(i).Kind() == reflect.Func {
			var l *lentType
			if l, err = lentTypeOf(t.In(i)); err == nil {
				f.lent[i], typ = l, abi.Uint64
			}
		}
		if err != nil {
			return nil, err
		}
		f.sig.Params = append(f.sig.Params, abi.Param{Type: typ})
	}
	results := t.NumOut()
	if results > 0 && t.Out(results-1) == errType {
		f.fails = true
		results--
	}
	switch {
	case results > 1:
		return nil, fmt.Errorf("%v returns more than one value and an error", t)
	case results == 0:
	case t.Out(0).ConvertibleTo(sequenceType) && t.Out(0).Kind() == reflect.Func:
		f.stream = sequence
	case t.Out(0).Implements(readerType):
		f.stream = reader
	default:
		typ, err := abi.TypeOf(t.Out(0))
		if err != nil {
			return nil, err
		}
		f.sig.Result = typ
	}
	if f.stream != noStream {
		f.sig.Result = abi.Stream
	}
	// As hotso gen has it: only beside a status can such a result cross.
	r := f.sig.Result
	f.sig.Error = f.fails || r.Span() || r.Struct() || r == abi.Stream
	return f, invoke.CheckRegisters(f.sig)
}

// first is the first parameter that crosses.
func (f *function) first() int {
	if f.context {
		return 1
	}
	return 0
}

// in is the function in one life of its version.
func (f *function) in(l *lifetime) *invoke.BuiltinFunction {
	var bound atomic.Pointer[reflect.Value] // what find found: the implementation stays until nobody calls
	call := func(ctx context.Context, a *invoke.Arguments) (result reflect.Value, err error) {
		code := bound.Load()
		if code == nil {
			implementation, err := l.implementation()
			if err != nil {
				return result, err
			}
			found := f.find(implementation)
			code = &found
			bound.Store(code)
		}
		out := code.Call(f.arguments(ctx, a))
		if f.fails {
			err, _ = out[len(out)-1].Interface().(error)
			out = out[:len(out)-1]
		}
		if len(out) > 0 {
			result = out[0]
		}
		return result, err
	}
	b := &invoke.BuiltinFunction{Signature: f.sig}
	if f.stream == noStream {
		b.Call = call
		return b
	}
	b.Open = func(ctx context.Context, a *invoke.Arguments) (iter.Seq2[[]byte, error], error) {
		out, err := call(ctx, a)
		if err != nil {
			return nil, err
		}
		if f.stream == sequence {
			return out.Convert(sequenceType).Interface().(iter.Seq2[[]byte, error]), nil
		}
		r, _ := out.Interface().(io.Reader)
		return chunks(ctx, r), nil
	}
	return b
}

func (f *function) arguments(ctx context.Context, a *invoke.Arguments) (in []reflect.Value) {
	in = make([]reflect.Value, 0, f.typ.NumIn())
	if f.context {
		in = append(in, reflect.ValueOf(ctx))
	}
	for i := f.first(); i < f.typ.NumIn(); i++ {
		at := i - f.first()
		if l := f.lent[i]; l != nil {
			in = append(in, l.function(a.Value(at, handleType).Uint()))
			continue
		}
		in = append(in, a.Value(at, f.typ.In(i)))
	}
	return in
}

// chunkSize bounds what one piece of a reader has, in bytes, as in package cabi.
const chunkSize = 64 << 10

// chunks are the pieces of a reader, which is closed at their end, or that of ctx; nil if there is none.
func chunks(ctx context.Context, r io.Reader) iter.Seq2[[]byte, error] {
	if r == nil {
		return nil
	}
	shut := func() bool { return true }
	if closer, ok := r.(io.Closer); ok {
		shut = context.AfterFunc(ctx, func() { _ = closer.Close() })
	}
	return func(yield func([]byte, error) bool) {
		defer func() {
			if closer, ok := r.(io.Closer); ok && shut() {
				_ = closer.Close()
			}
		}()
		buffer := make([]byte, chunkSize)
		for ctx.Err() == nil {
			n, err := r.Read(buffer)
			if n > 0 && !yield(buffer[:n], nil) || err == io.EOF {
				return
			}
			if err != nil {
				yield(nil, err)
				return
			}
		}
	}
}
