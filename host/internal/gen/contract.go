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
	objects  []*contractObject
	errors   []string    // sentinels
	errTypes []*wireType // structs and others that are errors
	errPtr   map[*wireType]bool
	errFn    map[*wireType]string // their functions are encode<errFn> and decode<errFn>
	imports  map[string]string    // path to name
	wire     []*wireType          // in the order of their functions
	known    map[string]*wireType
	lent     map[string]*hostParam
	taken    map[string]bool // names of functions
}

// A contractMethod is one method of the interface, or of an object.
type contractMethod struct {
	terms
	name    string
	serve   string          // the function that serves it
	object  *contractObject // that has it; nil if the contract has
	makes   *contractObject // among its results
	closes  bool            // the object is gone then
	control bool            // hotso calls it by itself
	ctx     bool
	params  []wireParam
	results []*wireType
	err     bool
	stream  *wireType // what the sequence consists of
	reader  string    // the type of the reader that it returns, a stream of bytes
	fills   bool      // it is Read of an io.Reader, see contractfill.go
}

type wireParam struct {
	name     string // in the generated file, see nameParams
	own      string // the author's
	typ      *wireType
	variadic bool
	host     *hostParam // instead of typ
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
	c.checkNames()
	terms := c.termsOf(spec)
	for i := range iface.NumMethods() {
		c.methods = append(c.methods, c.method(iface.Method(i), terms))
	}
	sortMethods(c.methods)
	if len(c.methods) == 0 {
		c.fail(c.at, ErrNothing, "%s has no methods", c.name)
	}
	if server := c.types.Scope().Lookup(c.name + "Server"); server != nil && c.implementation() != c.name {
		c.fail(server.Pos(), ErrName, "hotso gen writes an interface %s: give this another name", server.Name())
	}
	for _, m := range c.all() {
		name := m.name
		if m.object != nil {
			name = m.object.name + name
		}
		m.serve = c.free("serve" + name)
	}
	c.findMoves()
	c.findErrors()
	c.nameParams()
	for _, w := range c.wire {
		w.recursive = w.reaches(w, map[*wireType]bool{})
	}
}

func sortMethods(methods []*contractMethod) {
	slices.SortFunc(methods, func(a, b *contractMethod) int { return strings.Compare(a.name, b.name) })
}

// free is a name for something in the generated file that nothing else has.
func (c *contractPackage) free(name string) string {
	unique := name
	for n := 2; c.taken[unique]; n++ {
		unique = name + strconv.Itoa(n)
	}
	c.taken[unique] = true
	return unique
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
				case spec != nil && (d.verb == "types" || d.verb == "text" || d.verb == "moves"), d.verb == "since", d.verb == "borrow":
				default:
					c.fail(d.pos, ErrDirective, "//hotso:%s does not belong here: in the package of a contract there are contract, types, text and "+
						"moves above types, and since and borrow above methods", d.verb)
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

// terms are what the directives above a method say.
type terms struct {
	since  int
	borrow bool // of the arguments
}

// termsOf reads the directives above the methods of an interface.
func (c *contractPackage) termsOf(spec *ast.TypeSpec) map[string]terms {
	all := map[string]terms{}
	body, ok := spec.Type.(*ast.InterfaceType)
	if !ok {
		return all
	}
	for _, m := range body.Methods.List {
		if m.Doc == nil || len(m.Names) != 1 {
			continue
		}
		t := all[m.Names[0].Name]
		for _, comment := range m.Doc.List {
			d, ok := parseDirective(comment)
			if !ok {
				continue
			}
			n := 0
			if len(d.args) == 1 {
				n, _ = strconv.Atoi(d.args[0])
			}
			switch {
			case d.verb == "borrow" && len(d.args) == 0:
				t.borrow = true
			case d.verb == "since" && n >= 1:
				t.since = n
			default:
				c.fail(d.pos, ErrDirective, "above a method there are //hotso:borrow, and //hotso:since N, where N counts the versions of the contract, from 1")
			}
		}
		all[m.Names[0].Name] = t
	}
	return all
}

// method takes a method apart.
func (c *contractPackage) method(f *types.Func, terms map[string]terms) *contractMethod {
	sig := f.Signature()
	m := &contractMethod{name: f.Name(), terms: terms[f.Name()]}
	if !isExported(m.name) {
		c.fail(f.Pos(), ErrName, "%s is a part of names in C: begin it with a capital ASCII letter", m.name)
	}
	if c.fill(m, f) {
		return m
	}
	for i := range sig.Params().Len() {
		v := sig.Params().At(i)
		if i == 0 && isNamed(v.Type(), "context", "Context") {
			m.ctx = true
			continue
		}
		p := wireParam{own: v.Name(), variadic: sig.Variadic() && i == sig.Params().Len()-1}
		if p.host = c.hostParam(v.Type(), v.Pos(), m.name); p.host != nil && !p.variadic {
			m.params = append(m.params, p)
			continue
		}
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
			if m.stream = c.wireType(elem, v.Pos(), m.name); m.lends() {
				c.fail(v.Pos(), ErrUnsupportedType, "%s: a method that returns a sequence takes no functions, interfaces or sequences, as the call is over then", m.name)
			}
			continue
		}
		if isNamed(v.Type(), "io", "ReadCloser") || isNamed(v.Type(), "io", "Reader") {
			if results.Len() != 2 || !isError(results.At(1).Type()) || m.lends() {
				c.fail(v.Pos(), ErrUnsupportedType, "%s: a method that returns a reader returns nothing else but an error, and takes values only", m.name)
			}
			m.reader = types.TypeString(v.Type(), c.qualifier)
			m.stream = c.wireType(types.NewSlice(types.Typ[types.Uint8]), v.Pos(), m.name)
			continue
		}
		if o := c.object(v.Type()); o != nil {
			if m.makes != nil {
				c.fail(v.Pos(), ErrUnsupportedType, "%s: a method returns one object at most", m.name)
			}
			m.makes = o
			m.results = append(m.results, &wireType{kind: wireObject, object: o, spelled: o.name, schema: o.name})
			continue
		}
		if w := c.wireType(v.Type(), v.Pos(), m.name); w != nil {
			m.results = append(m.results, w)
		}
	}
	if m.borrow && m.stream != nil {
		c.fail(f.Pos(), ErrDirective, "%s: //hotso:borrow is for the time of a call, and this one is over when its result is read", m.name)
	}
	return m
}

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
	for _, w := range c.errTypes { // all others have their names by now
		c.errFn[w] = c.codecName("Error" + upperFirst(w.spelled))
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
	s.Methods = schemaMethods(c.methods)
	for _, o := range c.objects {
		s.Types[o.name] = &schema.Type{Kind: schema.Object, Methods: schemaMethods(o.methods), Moves: o.moves}
	}
	for _, p := range c.lent {
		s.Types[p.schema] = p.schemaType()
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
