package gen

import (
	"fmt"
	"go/ast"
	"go/types"
	"slices"
	"strconv"
	"strings"

	"github.com/hotso/hotso/cabi/abi"
)

// A callback is the type of a parameter that is a function. What crosses is a
// handle.
type callback struct {
	params []param // without names in C
	result *goType // nil if it returns only an error
}

// maxCallbackParams is the most parameters that cabi.CallbackN takes.
const maxCallbackParams = 3

// param resolves a parameter of an export, which may be a function.
func (r *resolver) param(expr ast.Expr, function string) *goType {
	t := r.source.info.TypeOf(expr)
	if t == nil {
		return r.resolve(expr, function)
	}
	if _, ok := t.Underlying().(*types.Signature); !ok {
		return r.resolve(expr, function)
	}
	literal, home := r.funcType(expr)
	if literal == nil {
		r.l.fail(expr.Pos(), ErrUnsupportedType, "%s: %s can't cross; write the function type out: func(path string) (bool, error)",
			function, types.ExprString(expr))
		return nil
	}
	defer func(s *source) { r.source = s }(r.source)
	r.source = home
	c := r.callback(literal, function)
	if c == nil {
		return nil
	}
	return &goType{Type: abi.Uint64, callback: c}
}

// funcType finds where a function type is written out, and in which package.
func (r *resolver) funcType(expr ast.Expr) (*ast.FuncType, *source) {
	name, source := (*ast.Ident)(nil), r.source
	for {
		switch e := expr.(type) {
		case *ast.FuncType:
			return e, source
		case *ast.ParenExpr:
			expr = e.X
			continue
		case *ast.SelectorExpr:
			name = e.Sel
		case *ast.Ident:
			name = e
		default:
			return nil, nil
		}
		var spec *ast.TypeSpec
		if _, spec, source = r.declaration(source.info.Uses[name]); spec == nil || spec.TypeParams != nil {
			return nil, nil
		}
		expr = spec.Type
	}
}

// callback resolves a function type, or notes why it can't cross.
func (r *resolver) callback(f *ast.FuncType, function string) *callback {
	c, before := &callback{}, len(r.l.errs)
	bad := func(node ast.Node, format string, args ...any) {
		r.l.fail(node.Pos(), ErrUnsupportedType, function+": "+format, args...)
	}
	params, results := flatten(f.Params), flatten(f.Results)
	if n := len(params); n > maxCallbackParams {
		bad(f.Params, "%d parameters of a callback can't cross, at most %d; put them into a struct", n, maxCallbackParams)
	}
	for _, v := range params {
		if t := r.resolve(v.expr, function); t != nil {
			c.params = append(c.params, param{name: v.name, typ: t})
		}
	}
	last := len(results) - 1
	switch {
	case last < 0 || !r.isError(results[last].expr):
		bad(f, "%s can't cross; give it an error as its last result: a call of the host can fail", types.ExprString(f))
	case last > 1:
		bad(results[1].expr, "two results of a callback can't cross, but a result and an error can; put them into a struct")
	case last == 1 && streams[r.spelled(results[0].expr)] != "":
		bad(results[0].expr, "a callback can't return %s; return its data, []byte, a piece in each call", types.ExprString(results[0].expr))
	case last == 1:
		c.result = r.resolve(results[0].expr, function)
	}
	if len(r.l.errs) > before {
		return nil
	}
	return c
}

// maker is the function of cabi or host that makes the callback or its handle.
func (c *callback) maker() string { return "Callback" + strconv.Itoa(len(c.params)) }

// glue makes the function from its handle.
func (c *callback) glue(handle string) string {
	var types []string
	for _, p := range c.params {
		types = append(types, p.typ.spelled)
	}
	if c.result != nil {
		return "cabi." + c.maker() + "[" + strings.Join(append(types, c.result.spelled), ", ") + "](uint64(" + handle + "))"
	}
	made := "cabi." + c.maker() + "[" + strings.Join(append(types, "cabi.None"), ", ") + "](uint64(" + handle + "))"
	return errorOnly + strconv.Itoa(len(c.params)) + "(" + made + ")"
}

// lent is the argument of host.CallbackN for the function of that name.
func (c *callback) lent(name string) string {
	if c.result != nil {
		return name
	}
	return withNone + strconv.Itoa(len(c.params)) + "(" + name + ")"
}

// A function that returns only an error crosses as one whose result is None. These
// are the first parts of the names of adapters that turn one into the other.
const (
	errorOnly = "hotsoErrorOnly" // in the library
	withNone  = "hotsoWithNone"  // in the client
)

// adapters writes the adapters that are needed, one for each number of parameters.
func (l *library) adapters(b *strings.Builder, write func(b *strings.Builder, n int, generic, params, args string)) {
	var needed [maxCallbackParams + 1]bool
	for _, f := range l.functions {
		for _, p := range f.params {
			if c := p.typ.callback; c != nil && c.result == nil {
				needed[len(c.params)] = true
			}
		}
	}
	for n, is := range needed {
		if !is {
			continue
		}
		types := []string{"A", "B", "C"}[:n]
		var params, args []string
		for i, t := range types {
			args = append(args, "a"+strconv.Itoa(i+1))
			params = append(params, args[i]+" "+t)
		}
		generic := ""
		if n > 0 {
			generic = "[" + strings.Join(types, ", ") + " any]"
		}
		write(b, n, generic, strings.Join(params, ", "), strings.Join(args, ", "))
	}
}

// errorOnlyAdapter writes one for the library.
func errorOnlyAdapter(b *strings.Builder, n int, generic, params, args string) {
	fmt.Fprintf(b, "\n// %[1]s%[2]d drops the result of f, a cabi.None.\n"+
		"func %[1]s%[2]d%[3]s(f func(%[4]s) (cabi.None, error)) func(%[4]s) error {\n"+
		"\treturn func(%[4]s) error { _, err := f(%[5]s); return err }\n}\n", errorOnly, n, generic, params, args)
}

// withNoneAdapter writes one for the client.
func withNoneAdapter(b *strings.Builder, n int, generic, params, args string) {
	fmt.Fprintf(b, "\n// %[1]s%[2]d gives f a result, a host.None.\n"+
		"func %[1]s%[2]d%[3]s(f func(%[4]s) error) func(%[4]s) (host.None, error) {\n"+
		"\tif f == nil {\n\t\treturn nil\n\t}\n"+
		"\treturn func(%[4]s) (host.None, error) { return host.None{}, f(%[5]s) }\n}\n", withNone, n, generic, params, args)
}

// client is the callback's type as the client spells it.
func (c *callback) client() string {
	var names, types []string
	for _, p := range c.params {
		if p.name != "" && !slices.Contains(names, p.name) {
			names = append(names, p.name)
		}
		types = append(types, p.typ.client())
	}
	params := types
	if len(names) == len(types) {
		params = grouped(names, types)
	}
	if text := "func(" + strings.Join(params, ", ") + ") "; c.result == nil {
		return text + "error"
	} else {
		return text + "(" + c.result.client() + ", error)"
	}
}

// signature is the one that the library asks the host for, and that clients lend functions with.
func (c *callback) signature() abi.Signature {
	s := abi.Signature{Error: true}
	for _, p := range c.params {
		s.Params = append(s.Params, abi.Param{Type: p.typ.Type})
	}
	if c.result != nil {
		s.Result = c.result.Type
	}
	return s
}

// callbacks reports whether f has parameters that are functions.
func (f *function) callbacks() bool {
	for _, p := range f.params {
		if p.typ.callback != nil {
			return true
		}
	}
	return false
}

func (l *library) callbacks() bool {
	for _, f := range l.functions {
		if f.callbacks() {
			return true
		}
	}
	return false
}
