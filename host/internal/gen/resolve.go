package gen

import (
	"errors"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hotso/hotso/cabi/abi"
)

// resolve turns the exports of all packages into functions. Package main,
// which is the first, may use the types of the others.
func (l *library) resolve(sources []*source) error {
	known := map[string]*types.Package{}
	for _, s := range slices.Backward(sources) {
		s.check(l.fset, known)
	}
	main := sources[0].types
	r := &resolver{l: l, main: main, sources: sources, qualifiers: map[string]string{}, structs: map[*types.TypeName]*structType{}}
	taken := map[string]*function{}
	for _, s := range sources {
		if len(s.exports) == 0 && s != sources[0] {
			l.fail(token.NoPos, ErrNothing, "%s, which //hotso:package names, has no function with a //hotso:export above it", s.ImportPath)
		}
		r.source = s
		for _, e := range s.exports {
			f := r.function(e)
			if f == nil {
				continue
			}
			if other := taken[f.name]; other != nil {
				l.fail(f.pos, ErrName, "%s is exported at %s too", f.name, l.fset.Position(other.pos))
			} else if obj := main.Scope().Lookup(f.name); obj != nil {
				l.fail(obj.Pos(), ErrName, "the export %s becomes a function of package main, which already has this one: "+
					"call this one %s, or export it as //hotso:export OtherName", f.name, lowerFirst(f.name))
			}
			taken[f.name] = f
			l.functions = append(l.functions, f)
		}
	}
	l.serveContracts(taken, main)
	r.finish()
	if len(l.functions) == 0 && len(l.errs) == 0 {
		return fmt.Errorf("%w: %s has no function with a //hotso:export above it, and no //hotso:contract", ErrNothing, sources[0].ImportPath)
	}
	return errors.Join(l.errs...)
}

// A resolver knows the names that the export file uses.
type resolver struct {
	l          *library
	main       *types.Package
	sources    []*source
	source     *source           // whose exports are resolved
	qualifiers map[string]string // import path to name
	structs    map[*types.TypeName]*structType
}

// function resolves one export, or returns nil.
func (r *resolver) function(e export) *function {
	decl, before := e.decl, len(r.l.errs)
	f := &function{pos: decl.Name.Pos(), name: e.exportName(), cstring: e.cstring}
	bad := func(node ast.Node, format string, args ...any) {
		r.l.fail(node.Pos(), ErrUnsupportedType, decl.Name.Name+": "+format, args...)
	}
	if !isExported(f.name) {
		r.l.fail(f.pos, ErrName, "%s is not a name in C: give it one, //hotso:export Name", decl.Name.Name)
	}
	switch {
	case takenInC(f.name):
		r.l.fail(f.pos, ErrName, "the name %s is taken in C: give another, //hotso:export Name", f.name)
	case decl.Recv != nil:
		bad(decl.Recv, "a method can't be exported; export a function that calls it")
		return nil
	case decl.Name.Name == "init":
		r.l.fail(f.pos, ErrName, "nothing can call init: export a function of another name")
		return nil
	case decl.Type.TypeParams != nil:
		bad(decl.Type.TypeParams, "a generic function can't be exported; export one for each type")
		return nil
	case r.source.types != r.main && !decl.Name.IsExported():
		r.l.fail(f.pos, ErrName, "package main can't call %s: begin it with a capital letter", decl.Name.Name)
		return nil
	}
	f.call = r.qualified(r.source.types, decl.Name.Name)
	f.doc = renamed(decl.Doc, decl.Name.Name, f.name)

	for _, v := range flatten(decl.Type.Params) {
		if t := r.param(v.expr, decl.Name.Name); t != nil {
			f.params = append(f.params, param{name: v.name, typ: t})
		}
	}
	if n := len(f.params); n > maxParams {
		bad(decl.Type.Params, "%d parameters can't cross, at most %d; put them into a struct", n, maxParams)
	}
	results := flatten(decl.Type.Results)
	if n := len(results); n > 0 && r.isError(results[n-1].expr) {
		f.err, results = true, results[:n-1]
	}
	if len(results) > 1 {
		bad(results[1].expr, "two results can't cross, but a result and an error can; put them into a struct")
	} else if len(results) == 1 && streams[r.spelled(results[0].expr)] != "" {
		f.result = &goType{Type: abi.Stream, spelled: r.spelled(results[0].expr)}
		if n := len(f.params); n > maxStreamParams {
			bad(decl.Type.Params, "%d parameters of a function that returns a stream can't cross, at most %d; put them into a struct",
				n, maxStreamParams)
		}
		if f.callbacks() {
			bad(decl.Type.Params, "a function that returns a stream can't take another, which would be gone when the stream is read; "+
				"take its handle, a uint64, for cabi.Callback1: the host has it from host.Callback1, and releases it")
		}
	} else if len(results) == 1 {
		f.result = r.resolve(results[0].expr, decl.Name.Name)
	}
	if f.cstring && (f.err || f.result == nil || f.result.Type != abi.String) {
		bad(decl.Type, "cstring is for a function whose only result is a string")
	}
	if len(r.l.errs) > before {
		return nil
	}
	f.nameParams(r)
	return f
}

// spelled is an expression in which each package has its own name, whatever the
// file calls it.
func (r *resolver) spelled(expr ast.Expr) string {
	text := types.ExprString(expr)
	ast.Inspect(expr, func(n ast.Node) bool {
		s, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if id, ok := s.X.(*ast.Ident); ok {
			if p, ok := r.source.info.Uses[id].(*types.PkgName); ok && p.Name() != p.Imported().Name() {
				text = strings.ReplaceAll(text, p.Name()+"."+s.Sel.Name, p.Imported().Name()+"."+s.Sel.Name)
			}
		}
		return false
	})
	return text
}

// finish orders the imports, and checks the names of the structs.
func (r *resolver) finish() {
	for importPath, name := range r.qualifiers {
		r.l.imports = append(r.l.imports, importSpec{name, importPath})
	}
	slices.SortFunc(r.l.imports, func(a, b importSpec) int { return strings.Compare(a.path, b.path) })
	names := map[string]*structType{"Client": nil, "New": nil}
	for _, s := range r.l.structs {
		other, taken := names[s.name]
		switch {
		case taken && other == nil:
			r.l.fail(s.pos, ErrName, "the Go client has a %s of its own: give this type another name", s.name)
		case taken:
			r.l.fail(s.pos, ErrName, "%s is a type of %s too: give one of them another name", s.name, r.l.fset.Position(other.pos))
		}
		names[s.name] = s
	}
}

// qualified is the export file's name for something in package p.
func (r *resolver) qualified(p *types.Package, name string) string {
	if p == r.main {
		return name
	}
	q, ok := r.qualifiers[p.Path()]
	if ok {
		return q + "." + name
	}
	for q = p.Name(); ; {
		taken := r.main.Scope().Lookup(q) != nil || reserved[q]
		for _, other := range r.qualifiers {
			taken = taken || other == q
		}
		if !taken {
			r.qualifiers[p.Path()] = q
			break
		}
		q += "_"
	}
	return r.qualifiers[p.Path()] + "." + name
}

func (s importSpec) String() string {
	if s.name == path.Base(s.path) {
		return `"` + s.path + `"`
	}
	return s.name + ` "` + s.path + `"`
}

// A value is one parameter or result.
type value struct {
	name string
	expr ast.Expr
}

// flatten splits a field list: "a, b int32" is two values.
func flatten(list *ast.FieldList) (vs []value) {
	if list == nil {
		return nil
	}
	for _, f := range list.List {
		if len(f.Names) == 0 {
			vs = append(vs, value{"", f.Type})
		}
		for _, n := range f.Names {
			name := strings.TrimLeft(n.Name, "_0123456789")
			if token.IsKeyword(name) {
				name = ""
			}
			vs = append(vs, value{name, f.Type})
		}
	}
	return vs
}

func upperFirst(s string) string { return mapFirst(s, unicode.ToUpper) }
func lowerFirst(s string) string { return mapFirst(s, unicode.ToLower) }

func mapFirst(s string, f func(rune) rune) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(f(r)) + s[n:]
}
