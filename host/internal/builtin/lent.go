package builtin

import (
	"fmt"
	"reflect"

	"github.com/hotso/hotso/cabi/abi/wire"
	"github.com/hotso/hotso/host/internal/invoke"
)

var (
	handleType = reflect.TypeFor[uint64]()
	noneType   = reflect.TypeFor[struct{}]()
	bytesTypes = wire.FuncOf(reflect.TypeFor[func([]byte) []byte]())
)

// A lentType is the type of a function that a caller lends for a call.
type lentType struct {
	typ   reflect.Type
	wire  *wire.Func
	value bool // it returns one beside its error
}

func lentTypeOf(t reflect.Type) (*lentType, error) {
	n := t.NumOut()
	if t.IsVariadic() || n == 0 || n > 2 || t.Out(n-1) != errType {
		return nil, fmt.Errorf("%v can't be lent: it must return an error, and one value at most", t)
	}
	var in []reflect.Type
	for i := range t.NumIn() {
		in = append(in, t.In(i))
	}
	out := noneType
	if n == 2 {
		out = t.Out(0)
	}
	l := &lentType{typ: t, wire: wire.FuncOf(reflect.FuncOf(in, []reflect.Type{out}, false)), value: n == 2}
	return l, l.wire.Err
}

// function calls what is behind a handle; nil for 0.
func (l *lentType) function(handle uint64) reflect.Value {
	if handle == 0 {
		return reflect.Zero(l.typ)
	}
	return reflect.MakeFunc(l.typ, func(in []reflect.Value) []reflect.Value {
		var args []byte
		for i, v := range in {
			p := reflect.New(v.Type())
			p.Elem().Set(v)
			args = l.wire.Params[i].Append(args, p.UnsafePointer())
		}
		reply, err := invoke.CallLent(handle, l.wire, args)
		var out []reflect.Value
		if l.value {
			result := reflect.New(l.typ.Out(0))
			if err == nil {
				_, err = l.wire.Result.Read(reply, result.UnsafePointer())
			}
			out = append(out, result.Elem())
		}
		failed := reflect.New(errType).Elem()
		if err != nil {
			failed.Set(reflect.ValueOf(err))
		}
		return append(out, failed)
	})
}

// lent is the function behind a handle, for a contract.
func lent(handle uint64) func(args []byte) ([]byte, error) {
	return func(args []byte) (result []byte, err error) {
		reply, err := invoke.CallLent(handle, bytesTypes, bytesTypes.Params[0].Append(nil, pointerTo(&args)))
		if err == nil {
			_, err = bytesTypes.Result.Read(reply, pointerTo(&result))
		}
		return result, err
	}
}
