package gen

import (
	"go/token"

	"github.com/hotso/hotso/cabi/abi"
)

// A library is all that the three outputs are made from.
type library struct {
	name      string // greeter
	dir       string // of package main, absolute
	headerDir string // relative to dir, with slashes
	clientDir string
	cabiDir   string      // where cabi.h is; "" if a copy goes to headerDir
	packages  []directive // of //hotso:package
	contracts []directive // of //hotso:contract
	served    []*contractPackage
	exports   []string // their names, including those that cannot cross
	leftOut   []leftOut

	imports   []importSpec // of the exports, besides cabi and unsafe
	functions []*function  // in the order of the source
	structs   []*structType

	fset *token.FileSet
	from string // errors name files relative to this directory
	errs []error
}

type importSpec struct{ name, path string }

// A function is one export.
type function struct {
	pos     token.Pos
	name    string // GreetName, in C and as a method
	call    string // greetName or greeter.Name, as the export calls it
	doc     string
	params  []param
	result  *goType // nil if there is none
	err     bool    // the Go function returns an error
	cstring bool
	field   string          // of the client
	method  *contractMethod // what it serves, nil if it serves no contract
}

type param struct {
	name string // as the author calls it, "" if it has no name
	c    string // in the header and the export
	typ  *goType
}

// A goType is a type that crosses.
type goType struct {
	abi.Type
	spelled  string      // as the export spells it: float64, []int32, echo.Celsius
	elem     string      // of a slice, spelled
	named    bool        // needs a conversion from the type that crosses
	fields   *structType // of a struct
	callback *callback   // of a function, whose handle is what crosses
}

// A structType is a struct with a name.
type structType struct {
	pos     token.Pos
	name    string // Point, in the client; in C it has the library's prefix
	spelled string // echo.Point
	doc     string
	fields  []field
	typ     abi.Type
}

type field struct {
	name string
	typ  *goType
}

// signature is that of f in the manifest.
func (f *function) signature() abi.Signature {
	s := abi.Signature{Error: f.status()}
	for _, p := range f.params {
		s.Params = append(s.Params, abi.Param{Name: p.c, Type: p.typ.Type})
	}
	if f.result != nil {
		s.Result = f.result.Type
	}
	if f.cstring {
		s.Result = abi.CString
	}
	return s
}

// status reports whether the C function returns a status: if the result is written
// through a pointer, there is no other way to report a panic.
func (f *function) status() bool {
	return f.err || f.result != nil && !f.cstring && (f.result.Span() || f.result.Struct() || f.result.Type == abi.Stream)
}

// declared reports whether the signature must be declared because the export's types don't show it.
func (f *function) declared() bool {
	for _, p := range f.params {
		if p.typ.Struct() {
			return true
		}
	}
	return f.result != nil && (f.result.Struct() || f.result.Type == abi.Stream)
}

// streams are the results that the host pulls, and the function of cabi for each.
var streams = map[string]string{
	"io.Reader": "Stream", "io.ReadCloser": "Stream", "iter.Seq2[[]byte, error]": "Seq",
}

// maxStreamParams is the most parameters that host.ReaderFuncN takes.
const maxStreamParams = 3

// maxParams is the most parameters that host.FuncN takes.
const maxParams = 8
