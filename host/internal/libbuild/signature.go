package libbuild

import (
	"errors"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"github.com/hotso/hotso/cabi/abi"
)

// scalars maps a type, as written in an exported function, to what crosses.
// Only types of fixed width are here: int and C.long differ between machines.
var scalars = map[string]abi.Type{
	"bool": abi.Bool, "C.bool": abi.Bool, "C._Bool": abi.Bool,
	"int8": abi.Int8, "C.int8_t": abi.Int8,
	"int16": abi.Int16, "C.int16_t": abi.Int16,
	"int32": abi.Int32, "C.int32_t": abi.Int32, "rune": abi.Int32,
	"int64": abi.Int64, "C.int64_t": abi.Int64,
	"uint8": abi.Uint8, "C.uint8_t": abi.Uint8, "byte": abi.Uint8,
	"uint16": abi.Uint16, "C.uint16_t": abi.Uint16,
	"uint32": abi.Uint32, "C.uint32_t": abi.Uint32,
	"uint64": abi.Uint64, "C.uint64_t": abi.Uint64,
	"float32": abi.Float32, "C.float": abi.Float32,
	"float64": abi.Float64, "C.double": abi.Float64,
}

// spans maps the pointer of a text, byte or slice parameter, and buffers that
// of a result, to what crosses.
var (
	spans = map[string]abi.Type{
		"*C.hotso_cchar": abi.String, "*C.hotso_cbyte": abi.Bytes,
		"*C.hotso_cint8": "[]int8", "*C.hotso_cint16": "[]int16", "*C.hotso_cint32": "[]int32", "*C.hotso_cint64": "[]int64",
		"*C.hotso_cuint16": "[]uint16", "*C.hotso_cuint32": "[]uint32", "*C.hotso_cuint64": "[]uint64",
		"*C.hotso_cfloat": "[]float32", "*C.hotso_cdouble": "[]float64",
	}
	buffers = map[string]abi.Type{
		"*C.char": abi.String, "*C.uint8_t": abi.Bytes,
		"*C.int8_t": "[]int8", "*C.int16_t": "[]int16", "*C.int32_t": "[]int32", "*C.int64_t": "[]int64",
		"*C.uint16_t": "[]uint16", "*C.uint32_t": "[]uint32", "*C.uint64_t": "[]uint64",
		"*C.float": "[]float32", "*C.double": "[]float64",
	}
)

const (
	status  = "C.hotso_status"
	size    = "C.size_t"
	sizePtr = "*C.size_t"
)

// A value is one parameter or result as it is written.
type value struct {
	name, typ string
	pos       token.Pos
}

// values takes a field list apart: "a, b int32" is two values.
func values(list *ast.FieldList) []value {
	var vs []value
	for _, field := range list.List {
		typ := types.ExprString(field.Type)
		if len(field.Names) == 0 {
			vs = append(vs, value{"", typ, field.Type.Pos()})
		}
		for _, n := range field.Names {
			v := value{n.Name, typ, n.Pos()}
			if v.name == "_" {
				v.name = ""
			}
			vs = append(vs, v)
		}
	}
	return vs
}

// signature returns the logical signature of an exported function. declared is
// what a //hotso:signature line says, or nil: it says what structs the pointers
// point to, and must agree with everything else.
func signature(fset *token.FileSet, f *ast.FuncDecl, declared *abi.Signature) (abi.Signature, error) {
	var errs []error
	bad := func(v value, what, instead string) {
		pos := fset.Position(v.pos)
		if v.name != "" {
			what += " " + v.name
		}
		errs = append(errs, fmt.Errorf("%s:%d: %s: %w: %s is %s: %s; or leave it out of the manifest with //hotso:ignore",
			pos.Filename, pos.Line, f.Name.Name, ErrUnsupportedType, what, v.typ, instead))
	}
	if f.Recv != nil {
		bad(values(f.Recv)[0], "the receiver", "export a plain function")
	}
	if f.Type.TypeParams != nil {
		v := value{"", types.ExprString(f.Type.TypeParams.List[0].Type), f.Pos()}
		bad(v, "a type parameter", "export a plain function")
	}

	var s abi.Signature
	params := values(f.Type.Params)
	var results []value
	if f.Type.Results != nil {
		results = values(f.Type.Results)
	}
	switch {
	case len(results) == 0:
	case len(results) > 1:
		bad(results[1], "a second result", "return C.hotso_status and give the result a pointer parameter, result *T")
	case results[0].typ == status:
		s.Error = true
		s.Result, params = outParam(params)
		if s.Result == abi.Uint64 && declared != nil && declared.Result == abi.Stream {
			s.Result = abi.Stream
		}
		if n := len(params); declared != nil && declared.Result.Struct() && n > 0 && structPointer(params[n-1].typ) {
			s.Result, params = declared.Result, params[:n-1]
		}
	case results[0].typ == "*C.char":
		s.Result = abi.CString
	case scalars[results[0].typ] != "":
		s.Result = scalars[results[0].typ]
	default:
		bad(results[0], "the result", resultInstead(results[0].typ))
	}

	for len(params) > 0 {
		p, typ := params[0], abi.None
		params = params[1:]
		switch {
		case scalars[p.typ] != "":
			typ = scalars[p.typ]
		case declared != nil && len(s.Params) < len(declared.Params) &&
			declared.Params[len(s.Params)].Type.Struct() && structPointer(p.typ):
			typ = declared.Params[len(s.Params)].Type
		case spans[p.typ] == "":
			bad(p, "the parameter", paramInstead(p.typ))
		case len(params) == 0 || params[0].typ != size:
			bad(p, "the parameter", "put its length after it, "+size)
		default:
			typ, params = spans[p.typ], params[1:]
		}
		s.Params = append(s.Params, abi.Param{Name: p.name, Type: typ})
	}
	if len(errs) > 0 {
		return abi.Signature{}, errors.Join(errs...)
	}
	if declared != nil && !s.Equal(*declared) {
		return s, fmt.Errorf("%s: %s: %w: //hotso:signature says %s, but the function is %s",
			fset.Position(f.Pos()), f.Name.Name, ErrSignature, declared, s)
	}
	return s, nil
}

// structPointer reports whether typ may point to a struct: it is a pointer to
// a type of C that has no other meaning.
func structPointer(typ string) bool {
	return strings.HasPrefix(typ, "*C.") && scalars[typ[1:]] == "" && spans[typ] == "" && buffers[typ] == "" && typ != sizePtr
}

// outParam splits the result off the end of the parameters of a function that
// returns a status.
func outParam(params []value) (abi.Type, []value) {
	n := len(params)
	if n >= 3 && params[n-2].typ == size && params[n-1].typ == sizePtr && buffers[params[n-3].typ] != "" {
		return buffers[params[n-3].typ], params[:n-3]
	}
	if n >= 1 && params[n-1].typ[0] == '*' && scalars[params[n-1].typ[1:]] != "" {
		return scalars[params[n-1].typ[1:]], params[:n-1]
	}
	return abi.None, params
}
