package gen

import (
	"go/ast"
	"go/token"
	"go/types"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/hotso/hotso/host/internal/schema"
)

// A contractPackage is a package with an interface that host and library agree on.
type contractPackage struct {
	goPackage
	*library // for its errors and positions

	types    *types.Package
	files    []*ast.File
	name     string // of the interface
	at       token.Pos
	methods  []*contractMethod
	errors   []string    // sentinels
	errTypes []*wireType // structs and others that are errors
	errPtr   map[*wireType]bool
	imports  map[string]string // path to name
	wire     []*wireType       // in the order of their functions
	known    map[string]*wireType
	taken    map[string]bool // names of functions
}

// A contractMethod is one method of the interface.
type contractMethod struct {
	name    string
	since   int
	ctx     bool
	params  []wireParam
	results []*wireType
	err     bool
	stream  *wireType // what the sequence consists of
}

type wireParam struct {
	name     string // in the generated file
	own      string // the author's
	typ      *wireType
	variadic bool
}

// resolve finds the interface, and takes apart all that it mentions.
func (c *contractPackage) resolve() {
	spec := c.findInterface()
	if spec == nil {
		return
	}
	c.name, c.at = spec.Name.Name, spec.Name.Pos()
	obj := c.types.Scope().Lookup(c.name)
	named, _ := obj.Type().(*types.Named)
	var iface *types.Interface
	if named != nil && named.TypeParams().Len() == 0 {
		iface, _ = named.Underlying().(*types.Interface)
	}
	if iface == nil || !iface.IsMethodSet() {
		c.fail(c.at, ErrDirective, "//hotso:contract belongs above an interface that has methods only, and no type parameters")
		return
	}
	if !isExported(c.name) {
		c.fail(c.at, ErrName, "%s is a part of names in C: begin it with a capital ASCII letter", c.name)
	}
	for _, name := range c.types.Scope().Names() {
		c.taken[name] = true
	}
	for _, name := range []string{"Export", "Bind"} {
		if o := c.types.Scope().Lookup(name); o != nil {
			c.fail(o.Pos(), ErrName, "hotso gen writes a function %s: give this another name", name)
		}
	}
	since := c.sinceOf(spec)
	for i := range iface.NumMethods() {
		c.methods = append(c.methods, c.method(iface.Method(i), since))
	}
	slices.SortFunc(c.methods, func(a, b *contractMethod) int { return strings.Compare(a.name, b.name) })
	if len(c.methods) == 0 {
		c.fail(c.at, ErrNothing, "%s has no methods", c.name)
	}
	c.findErrors()
	for _, w := range c.wire {
		w.recursive = w.reaches(w, map[*wireType]bool{})
	}
}

// findInterface finds the declaration with the directive, and notes misplaced directives.
func (c *contractPackage) findInterface() (found *ast.TypeSpec) {
	for _, file := range c.files {
		inDoc := map[*ast.Comment]*ast.TypeSpec{}
		for spec, doc := range typesIn(file) {
			for _, comment := range doc.List {
				inDoc[comment] = spec
			}
		}
		for _, group := range file.Comments {
			for _, comment := range group.List {
				d, ok := parseDirective(comment)
				switch spec := inDoc[comment]; {
				case !ok:
				case d.verb == "contract" && spec != nil && len(d.args) == 0:
					if found != nil {
						c.fail(d.pos, ErrDirective, "a package has one contract, and %s is one: put this one into a package of its own", found.Name.Name)
						continue
					}
					found = spec
				case d.verb == "types" && spec != nil, d.verb == "text" && spec != nil, d.verb == "since":
				default:
					c.fail(d.pos, ErrDirective, "//hotso:%s does not belong here: in the package of a contract there are contract, types and text "+
						"above types, and since above methods", d.verb)
				}
			}
		}
	}
	return found
}

// typesIn are the types that a file declares, each with its comment; that may be empty.
func typesIn(file *ast.File) iter.Seq2[*ast.TypeSpec, *ast.CommentGroup] {
	return func(yield func(*ast.TypeSpec, *ast.CommentGroup) bool) {
		for _, decl := range file.Decls {
			d, ok := decl.(*ast.GenDecl)
			if !ok || d.Tok != token.TYPE {
				continue
			}
			for _, s := range d.Specs {
				spec := s.(*ast.TypeSpec)
				doc := spec.Doc
				if doc == nil && !d.Lparen.IsValid() {
					doc = d.Doc
				}
				if doc == nil {
					doc = new(ast.CommentGroup)
				}
				if !yield(spec, doc) {
					return
				}
			}
		}
	}
}

// sinceOf reads the //hotso:since lines of an interface.
func (c *contractPackage) sinceOf(spec *ast.TypeSpec) map[string]int {
	since := map[string]int{}
	body, ok := spec.Type.(*ast.InterfaceType)
	if !ok {
		return since
	}
	for _, m := range body.Methods.List {
		if m.Doc == nil || len(m.Names) != 1 {
			continue
		}
		for _, comment := range m.Doc.List {
			d, ok := parseDirective(comment)
			if !ok {
				continue
			}
			n := 0
			if len(d.args) == 1 {
				n, _ = strconv.Atoi(d.args[0])
			}
			if d.verb != "since" || n < 1 {
				c.fail(d.pos, ErrDirective, "above a method there is //hotso:since N, where N counts the versions of the contract, from 1")
			}
			since[m.Names[0].Name] = n
		}
	}
	return since
}

// method takes a method apart.
func (c *contractPackage) method(f *types.Func, since map[string]int) *contractMethod {
	sig := f.Signature()
	m := &contractMethod{name: f.Name(), since: since[f.Name()]}
	if !isExported(m.name) {
		c.fail(f.Pos(), ErrName, "%s is a part of names in C: begin it with a capital ASCII letter", m.name)
	}
	names := map[string]bool{}
	for i := range sig.Params().Len() {
		v := sig.Params().At(i)
		if i == 0 && isNamed(v.Type(), "context", "Context") {
			m.ctx = true
			continue
		}
		p := wireParam{name: v.Name(), own: v.Name(), variadic: sig.Variadic() && i == sig.Params().Len()-1}
		for p.name == "" || p.name == "_" || names[p.name] || c.means(p.name) {
			if p.name == "" || p.name == "_" {
				p.name = "p" + strconv.Itoa(i)
			} else {
				p.name += "_"
			}
		}
		names[p.name] = true
		if p.typ = c.wireType(v.Type(), v.Pos(), m.name); p.typ != nil {
			m.params = append(m.params, p)
		}
	}
	results := sig.Results()
	for i := range results.Len() {
		v := results.At(i)
		if i == results.Len()-1 && isError(v.Type()) {
			m.err = true
			continue
		}
		if elem, ok := sequence(v.Type()); ok {
			if results.Len() > 1 {
				c.fail(v.Pos(), ErrUnsupportedType, "%s: a sequence is the only result: what fails before it begins, it tells as its first error", m.name)
			}
			m.stream = c.wireType(elem, v.Pos(), m.name)
			continue
		}
		if w := c.wireType(v.Type(), v.Pos(), m.name); w != nil {
			m.results = append(m.results, w)
		}
	}
	return m
}

// means reports whether a name means something in the body of a generated method.
func (c *contractPackage) means(name string) bool {
	return c.types.Scope().Lookup(name) != nil || types.Universe.Lookup(name) != nil || reservedInMethods[name]
}

var reservedInMethods = set("c r r1 r2 r3 r4 r5 r6 ctx call err d e impl contract context iter")

// sequence returns T of an iter.Seq2[T, error].
func sequence(t types.Type) (types.Type, bool) {
	n, ok := types.Unalias(t).(*types.Named)
	if !ok || !isNamed(n, "iter", "Seq2") || !isError(n.TypeArgs().At(1)) {
		return nil, false
	}
	return n.TypeArgs().At(0), true
}

func isNamed(t types.Type, path, name string) bool {
	n, ok := types.Unalias(t).(*types.Named)
	return ok && n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == path && n.Obj().Name() == name
}

func isError(t types.Type) bool { return types.Identical(t, types.Universe.Lookup("error").Type()) }

// findErrors finds the sentinels and error types of the package.
func (c *contractPackage) findErrors() {
	iface := types.Universe.Lookup("error").Type().Underlying().(*types.Interface)
	scope := c.types.Scope()
	for _, name := range scope.Names() {
		obj := scope.Lookup(name)
		switch o := obj.(type) {
		case *types.Var:
			if o.Exported() && isError(o.Type()) {
				c.errors = append(c.errors, name)
			}
		case *types.TypeName:
			n, ok := o.Type().(*types.Named)
			if !ok || n.TypeParams().Len() > 0 || o.IsAlias() || !o.Exported() || types.IsInterface(n) || c.hasDirective(o, "text") {
				continue
			}
			byValue := types.Implements(n, iface)
			if !byValue && !types.Implements(types.NewPointer(n), iface) {
				continue
			}
			if w := c.wireType(n, o.Pos(), name+" (an error; //hotso:text above it has it arrive as text)"); w != nil {
				c.errTypes = append(c.errTypes, w)
				c.errPtr[w] = !byValue
			}
		}
	}
}

// directivesOf are those in the comment of a type of the package.
func (c *contractPackage) directivesOf(o *types.TypeName) (ds []directive) {
	for _, file := range c.files {
		for spec, doc := range typesIn(file) {
			if spec.Name.Pos() != o.Pos() {
				continue
			}
			for _, comment := range doc.List {
				if d, ok := parseDirective(comment); ok {
					ds = append(ds, d)
				}
			}
		}
	}
	return ds
}

func (c *contractPackage) hasDirective(o *types.TypeName, verb string) bool {
	return slices.ContainsFunc(c.directivesOf(o), func(d directive) bool { return d.verb == verb })
}

// schema is what the contract says of itself.
func (c *contractPackage) schema() *schema.Schema {
	s := &schema.Schema{Wire: schema.Wire, Package: c.ImportPath, Contract: c.name, Types: map[string]*schema.Type{}, Errors: c.errors}
	for _, m := range c.methods {
		out := schema.Method{Name: m.name, Since: m.since, Context: m.ctx, Error: m.err}
		for _, p := range m.params {
			out.Params = append(out.Params, schema.Param{Name: p.own, Type: p.typ.schema})
		}
		for _, r := range m.results {
			out.Results = append(out.Results, r.schema)
		}
		if m.stream != nil {
			out.Stream = m.stream.schema
		}
		s.Methods = append(s.Methods, out)
	}
	for _, w := range c.known {
		if t := w.schemaType(); t != nil {
			s.Types[w.schema] = t
		}
	}
	for _, w := range c.errTypes {
		name := w.schema
		if c.errPtr[w] {
			name = "*" + name
		}
		s.ErrorTypes = append(s.ErrorTypes, name)
	}
	return s
}
