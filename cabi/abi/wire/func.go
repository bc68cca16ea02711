package wire

import (
	"errors"
	"reflect"
	"sync"

	"github.com/hotso/hotso/cabi/abi"
)

// A Func is how the arguments and the result of a function travel.
type Func struct {
	Params    []Codec
	Result    Codec
	Signature string // both sides have to mean the same; every function can fail
	Err       error  // of the types that do not cross
}

var funcs sync.Map // reflect.Type to *Func: callbacks are made by the call

// FuncOf returns it for func(A, B, ...) R, in which R is an empty struct where
// there is no result, and the error that goes with R is left out.
func FuncOf(t reflect.Type) *Func {
	if f, ok := funcs.Load(t); ok {
		return f.(*Func)
	}
	f := &Func{}
	s := abi.Signature{Error: true}
	codec := func(t reflect.Type) Codec {
		c, err := Of(t)
		f.Err = errors.Join(f.Err, err)
		return c
	}
	for p := range t.Ins() {
		c := codec(p)
		f.Params = append(f.Params, c)
		s.Params = append(s.Params, abi.Param{Type: c.Type})
	}
	f.Result = codec(t.Out(0))
	s.Result = f.Result.Type
	f.Signature = s.String()
	funcs.Store(t, f)
	return f
}
