package wire

import (
	"errors"
	"reflect"
	"sync"

	"github.com/hotso/hotso/cabi/abi"
)

// A Func says how the arguments and the result of a function travel.
type Func struct {
	Params    []Codec
	Result    Codec
	Signature string // has to be equal on both sides; with an error, as every function can fail
	Err       error  // names the types that do not cross
}

var funcs sync.Map // reflect.Type to *Func: a callback is made anew in each call

// FuncOf returns the Func of a type func(A, B, ...) R. R is an empty struct if there is
// no result; the error that the function returns beside it is left out of the type.
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
