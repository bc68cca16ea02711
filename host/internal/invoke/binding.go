package invoke

import (
	"reflect"
	"time"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/cabi/abi/manifest"
)

// SignatureOf is that of a typed function with these parameters, and a result or nil.
func SignatureOf(result reflect.Type, params ...reflect.Type) (sig abi.Signature, err error) {
	for _, p := range params {
		t, err := abi.TypeOf(p)
		if err != nil {
			return sig, err
		}
		sig.Params = append(sig.Params, abi.Param{Type: t})
	}
	if result != nil {
		if sig.Result, err = abi.TypeOf(result); err != nil {
			return sig, err
		}
		if result == reflect.TypeFor[StreamHandle]() {
			sig.Result = abi.Stream
		}
	}
	return sig, CheckRegisters(sig)
}

// Compatible reports whether a function of signature have can be called as want.
// What the host wants to know is the types; how errors travel is the library's.
func Compatible(want, have abi.Signature) bool {
	if have.Result == abi.CString {
		have.Result = abi.String
	}
	have.Error, want.Error = false, false
	return want.Equal(have)
}

// A Binding is a promise that name can be called on a route or a target.
type Binding struct {
	route  *Route        // where it is called, or
	fixed  *Function     // which function of one target
	index  int           // into the bound functions of the route's targets
	limit  time.Duration // of each call, 0: none
	stays  bool          // the caller, whatever its context says
	Params [maxParams]Param
	all    []Param // also those that no typed function has

	Name      string
	Signature abi.Signature
	Terms
}

// Terms are what else a binding promises. The zero Terms promise that there is the function.
type Terms struct {
	Optional bool                  // the function may be missing
	Check    func(Candidate) error // reports why a version can't be called, nil if it can
}

// A Candidate is a version that is judged by what it says of itself.
type Candidate struct {
	Manifest *manifest.Manifest
	Before   *manifest.Manifest          // of the older version which it replaces, nil if there is none
	Lacks    func(contract string) error // why it does not serve a contract, nil if that is not known; nil for a file
}

// maxParams is how many parameters a typed function has at most.
const maxParams = 8

// A BindOption configures one bound function.
type BindOption func(*Binding)

// Limit bounds every call of the function, as a context with that timeout does. 0
// leaves it at Config.CallLimit.
func Limit(d time.Duration) BindOption {
	return func(b *Binding) {
		if d != 0 {
			b.limit = d
		}
	}
}

// NewBinding returns a binding whose calls take limit at most, if it is not 0.
func NewBinding(name string, sig abi.Signature, limit time.Duration) *Binding {
	b := &Binding{Name: name, Signature: sig, limit: limit}
	b.all = layoutOf(sig).params
	copy(b.Params[:], b.all)
	return b
}

// To has the binding call fn, and nothing else.
func (b *Binding) To(fn *Function) *Binding {
	b.fixed = fn
	return b
}

// Through has the binding call, of the target that r leads to, the bound function of
// that index.
func (b *Binding) Through(r *Route, index int) *Binding {
	b.route, b.index = r, index
	return b
}
