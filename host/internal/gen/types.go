package gen

import (
	"go/ast"
	"go/types"
	"strings"

	"github.com/hotso/hotso/cabi/abi"
)

var basics = map[types.BasicKind]abi.Type{
	types.Bool: abi.Bool, types.String: abi.String,
	types.Int8: abi.Int8, types.Int16: abi.Int16, types.Int32: abi.Int32, types.Int64: abi.Int64,
	types.Uint8: abi.Uint8, types.Uint16: abi.Uint16, types.Uint32: abi.Uint32, types.Uint64: abi.Uint64,
	types.Float32: abi.Float32, types.Float64: abi.Float64,
}

// resolve returns the type of an expression in the declaration of a function,
// or notes why it can't cross and returns nil.
func (r *resolver) resolve(expr ast.Expr, function string) *goType {
	t := r.source.info.TypeOf(expr)
	if _, ok := expr.(*ast.Ellipsis); ok {
		t = types.Typ[types.Invalid]
	}
	typ, why := r.typeOf(t)
	if typ == nil {
		if why == "" {
			why = instead(t, expr, r.spelled(expr))
		}
		r.l.fail(expr.Pos(), ErrUnsupportedType, "%s: %s can't cross; %s", function, types.ExprString(expr), why)
	}
	return typ
}

// typeOf is resolve for a type; why is set if there is more to say than its name does.
func (r *resolver) typeOf(t types.Type) (typ *goType, why string) {
	if t == nil {
		return nil, ""
	}
	spelled := types.TypeString(t, func(p *types.Package) string {
		return strings.TrimSuffix(r.qualified(p, ""), ".")
	})
	named, isNamed := types.Unalias(t).(*types.Named)
	if isNamed {
		obj := named.Obj()
		switch {
		case obj.Pkg() == nil: // error, comparable
			return nil, ""
		case named.TypeArgs().Len() > 0:
			return nil, "give it a name: type " + obj.Name() + "Of ..."
		case obj.Pkg() != r.main && !obj.Exported():
			return nil, "package main can't name it: begin it with a capital letter"
		}
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		if a, ok := basics[u.Kind()]; ok {
			return &goType{Type: a, spelled: spelled, named: isNamed}, ""
		}
	case *types.Slice:
		if _, ok := u.Elem().Underlying().(*types.Basic); !ok {
			return nil, ""
		}
		elem, why := r.typeOf(u.Elem())
		if elem == nil || abi.Slice(elem.Type) == abi.None {
			return nil, why
		}
		return &goType{Type: abi.Slice(elem.Type), spelled: spelled, elem: elem.spelled, named: isNamed}, ""
	case *types.Struct:
		if !isNamed {
			return nil, "give the struct a name: type T struct{...}"
		}
		s, why := r.structOf(named, u, spelled)
		if s == nil {
			return nil, why
		}
		return &goType{Type: s.typ, spelled: spelled, fields: s}, ""
	}
	return nil, ""
}

// structOf returns the struct of a named type, which is resolved only once.
func (r *resolver) structOf(named *types.Named, u *types.Struct, spelled string) (s *structType, why string) {
	obj := named.Obj()
	if s, ok := r.structs[obj]; ok {
		return s, "" // nil if it contains itself, which the compiler explains better
	}
	r.structs[obj] = nil
	defer func() {
		if r.structs[obj] == nil {
			delete(r.structs, obj)
		}
	}()
	s = &structType{pos: obj.Pos(), name: upperFirst(obj.Name()), spelled: spelled}
	s.doc = r.docOfType(obj, s.name)
	if !isExported(s.name) {
		return nil, "it is not a name in C: use ASCII letters"
	}
	var fields []abi.Field
	for f := range u.Fields() {
		if f.Embedded() {
			return nil, "its field " + f.Name() + " is embedded: give it a name of its own, " + f.Name() + " " + f.Name()
		}
		if !isExported(f.Name()) {
			return nil, "its field " + f.Name() + " needs a name that begins with a capital ASCII letter: hosts set it"
		}
		if takenInC(f.Name()) {
			return nil, "its field " + f.Name() + " is taken in C: give it another name"
		}
		typ, why := r.typeOf(f.Type())
		if typ == nil || typ.Size() == 0 && !typ.Struct() {
			if why == "" {
				why = "use bool, integers of a fixed width, floats and structs of them, or pass JSON as []byte"
			}
			return nil, "its field " + f.Name() + " is " + types.TypeString(f.Type(), (*types.Package).Name) + ": " + why
		}
		s.fields = append(s.fields, field{f.Name(), typ})
		fields = append(fields, abi.Field{Name: f.Name(), Type: typ.Type})
	}
	if s.typ = abi.Struct(fields...); s.typ.Fields() == nil {
		return nil, "a struct has at least one field, at most 4096 bytes and 8 levels of structs; pass more as []byte"
	}
	r.structs[obj] = s
	r.l.structs = append(r.l.structs, s) // after those of its fields
	return s, ""
}

// docOfType is the comment of a type, under the name it has in the client.
func (r *resolver) docOfType(obj *types.TypeName, name string) string {
	decl, spec, _ := r.declaration(obj)
	switch {
	case spec == nil:
		return ""
	case decl.Lparen.IsValid():
		return renamed(spec.Doc, obj.Name(), name)
	}
	return renamed(decl.Doc, obj.Name(), name)
}

// declaration finds where a type is declared, if it is in one of the packages.
func (r *resolver) declaration(obj types.Object) (*ast.GenDecl, *ast.TypeSpec, *source) {
	if obj == nil {
		return nil, nil, nil
	}
	for _, source := range r.sources {
		for _, file := range source.files {
			for _, decl := range file.Decls {
				d, ok := decl.(*ast.GenDecl)
				if !ok {
					continue
				}
				for _, spec := range d.Specs {
					if s, ok := spec.(*ast.TypeSpec); ok && s.Name.Pos() == obj.Pos() {
						return d, s, source
					}
				}
			}
		}
	}
	return nil, nil, nil
}

// renamed is a comment with another name at its beginning.
func renamed(doc *ast.CommentGroup, from, to string) string {
	text := strings.TrimSpace(doc.Text())
	if rest, ok := strings.CutPrefix(text, from+" "); ok {
		return to + " " + rest
	}
	return text
}

func (r *resolver) isError(expr ast.Expr) bool {
	t := r.source.info.TypeOf(expr)
	return t != nil && types.Identical(t, types.Universe.Lookup("error").Type())
}
