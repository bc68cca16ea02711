package gen

import (
	"fmt"
	"go/constant"
	"go/token"
	"go/types"
	"reflect"

	"github.com/hotso/hotso/contract"
)

// A wireType is a type that crosses in a contract.
type wireType struct {
	kind    wireKind
	typ     types.Type
	spelled string // as the package of the contract spells it
	schema  string // as its schema does
	fn      string // its functions are encode<fn> and decode<fn>; "" if they are methods of Encoder and Decoder
	method  string // of these: Int64
	basic   string // what that takes: int64
	named   bool   // it needs a conversion

	object    *contractObject
	elem, key *wireType
	count     int64       // of an array
	fields    []wireField // of a struct
	members   []*wireType // of a union
	values    map[string]string
	recursive bool

	width uint32 // of a field
	least int    // bytes that it takes at least
	size  int64  // in memory, bytes
}

type wireField struct {
	name, wire, json string
	embedded         bool
	typ              *wireType
}

type wireKind int

const (
	wireBasic wireKind = iota
	wireTime
	wireError
	wireStruct
	wireSlice
	wireArray
	wireMap
	wirePointer
	wireUnion
	wireText
	wireBinary
	wireObject
)

// sizes are those of the machines that hotso is for.
var sizes = types.SizesFor("gc", "amd64")

// maxArray bounds what an array takes in memory, since its zero value takes as much.
const maxArray = 64 << 10

var basicMethods = map[types.BasicKind]string{
	types.Bool: "Bool", types.Int: "Int", types.Int8: "Int8", types.Int16: "Int16", types.Int32: "Int32", types.Int64: "Int64",
	types.Uint: "Uint", types.Uint8: "Uint8", types.Uint16: "Uint16", types.Uint32: "Uint32", types.Uint64: "Uint64",
	types.Float32: "Float32", types.Float64: "Float64", types.Complex64: "Complex64", types.Complex128: "Complex128", types.String: "String",
}

// wireType takes a type apart, or notes why it can't cross and returns nil. at and where
// say what mentions it.
func (c *contractPackage) wireType(t types.Type, at token.Pos, where string) *wireType {
	t = types.Unalias(t)
	key := c.schemaName(t)
	if w := c.known[key]; w != nil {
		return w
	}
	w := &wireType{typ: t, schema: key, spelled: types.TypeString(t, c.qualifier)}
	no := func(format string, args ...any) *wireType {
		delete(c.known, key)
		c.fail(at, ErrUnsupportedType, "%s: %s can't cross; %s", where, key, fmt.Sprintf(format, args...))
		return nil
	}
	if basic, ok := t.Underlying().(*types.Basic); ok && basic.Kind() == types.Invalid {
		return no("it is not known: does the package compile?")
	}
	w.size = sizes.Sizeof(t)
	w.width, w.least = contract.WidthLength, 4
	named, isNamed := t.(*types.Named)
	w.named = isNamed
	if isNamed && named.Obj().Pkg() != nil && named.Obj().Pkg() != c.types && !named.Obj().Exported() {
		return no("it has no name outside of its package")
	}
	// leaf is what mentions no other type, and has functions already.
	leaf := func(kind wireKind) *wireType {
		w.kind = kind
		c.known[key] = w
		return w
	}
	switch {
	case isNamedTime(t):
		w.width, w.least, w.method = contract.Width16, 16, "Time"
		return leaf(wireTime)
	case isError(t):
		return leaf(wireError)
	case isNamed && marshals(named, "Text"):
		return leaf(wireText)
	case isNamed && marshals(named, "Binary"):
		return leaf(wireBinary)
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		w.method = basicMethods[u.Kind()]
		if w.method == "" {
			if u.Kind() == types.UnsafePointer || u.Kind() == types.Uintptr {
				return no("it means something in this process's memory only: pass the data, or a number that stands for it")
			}
			return no("")
		}
		w.basic = types.Typ[u.Kind()].Name()
		if u.Kind() != types.String {
			w.least = int(sizes.Sizeof(u))
			w.width = map[int]uint32{1: contract.Width1, 2: contract.Width2, 4: contract.Width4, 8: contract.Width8, 16: contract.Width16}[w.least]
		}
		if isNamed && named.Obj().Pkg() == c.types {
			w.values = constants(named)
		}
		return leaf(wireBasic)
	case *types.Slice:
		if b, ok := types.Unalias(u.Elem()).(*types.Basic); ok && b.Kind() == types.Uint8 {
			w.method, w.basic = "ByteSlice", "[]byte"
			return leaf(wireBasic)
		}
		w.kind = wireSlice
		c.begin(w)
		w.elem = c.wireType(u.Elem(), at, where)
	case *types.Array:
		w.kind, w.count = wireArray, u.Len()
		if w.size > maxArray {
			return no("an array takes at most %d KiB: use a slice", maxArray>>10)
		}
		c.begin(w)
		w.elem = c.wireType(u.Elem(), at, where)
	case *types.Map:
		w.kind = wireMap
		c.begin(w)
		w.key, w.elem = c.wireType(u.Key(), at, where), c.wireType(u.Elem(), at, where)
		if w.key != nil && !w.key.isKey(map[*wireType]bool{}) {
			return no("keys are numbers, text, types that marshal themselves, and arrays and structs of these: pass a slice of pairs")
		}
		if w.key == nil {
			return nil
		}
	case *types.Pointer:
		w.kind = wirePointer
		c.begin(w)
		w.elem = c.wireType(u.Elem(), at, where)
	case *types.Struct:
		w.kind = wireStruct
		if !isNamed && u.NumFields() > 0 {
			return no("give the struct a name: type T struct{...}")
		}
		c.begin(w)
		if !c.fieldsOf(w, u, named) {
			return nil
		}
		return w
	case *types.Interface:
		return c.union(w, named, no)
	case *types.Chan:
		return no("each runtime has channels of its own: return an iter.Seq2[T, error]")
	case *types.Signature:
		if elem := sequenceElement(t); elem != "" {
			return no("a sequence is a result or a parameter, of type iter.Seq2[%s, error]", elem)
		}
		return no("functions are parameters of methods, and no parts of values")
	default:
		return no("")
	}
	if w.elem == nil {
		return nil
	}
	return w
}

// begin makes w known, so that it may mention itself, and gives it functions.
func (c *contractPackage) begin(w *wireType) {
	c.known[w.schema] = w
	c.wire = append(c.wire, w)
	w.fn = c.codecName(functionName(w.schema, c.ImportPath))
}

// fieldsOf takes the fields of a struct apart.
func (c *contractPackage) fieldsOf(w *wireType, u *types.Struct, named *types.Named) bool {
	ok, tags := true, map[uint32]string{}
	for i := range u.NumFields() {
		v := u.Field(i)
		tag := reflect.StructTag(u.Tag(i))
		f := wireField{name: v.Name(), json: tag.Get("json"), embedded: v.Embedded(), wire: tag.Get("hotso")}
		if f.name == "_" || f.wire == "-" {
			continue
		}
		where := types.TypeString(named, (*types.Package).Name) + "." + f.name
		if !v.Exported() && v.Pkg() != c.types {
			c.fail(v.Pos(), ErrUnsupportedType, "%s can't cross; only its own package can read it: have the type implement encoding.BinaryMarshaler "+
				"and BinaryUnmarshaler, or put its data into a struct of this package", where)
			ok = false
			continue
		}
		if f.typ = c.wireType(v.Type(), v.Pos(), where); f.typ == nil {
			ok = false
			continue
		}
		t := f.tag() &^ 7
		if tags[t] != "" {
			c.fail(v.Pos(), ErrName, "%s and %s have the same hash: give this one another name on the wire, `hotso:\"other\"`", where, tags[t])
			ok = false
		}
		tags[t] = f.name
		w.fields = append(w.fields, f)
	}
	return ok
}

// union takes an interface with a registered set of types apart.
func (c *contractPackage) union(w *wireType, named *types.Named, no func(string, ...any) *wireType) *wireType {
	if named == nil || named.Obj().Pkg() != c.types {
		return no("only types that are registered cross: declare type Value %s here, with //hotso:types A B above it", w.spelled)
	}
	var d *directive
	for _, have := range c.directivesOf(named.Obj()) {
		if have.verb == "types" {
			d = &have
		}
	}
	if d == nil || len(d.args) == 0 {
		if c.name == named.Obj().Name() {
			return no("a contract can't be passed itself")
		}
		if o := c.object(named); o != nil {
			return no("%s", misplaced(o))
		}
		return no("name the types that it may hold in a line //hotso:types A B above it")
	}
	w.kind = wireUnion
	c.begin(w)
	ids, good := map[uint32]string{}, true
	for _, arg := range d.args {
		tv, err := types.Eval(c.fset, c.types, named.Obj().Pos(), arg)
		switch {
		case err != nil || !tv.IsType():
			c.fail(d.pos, ErrDirective, "//hotso:types: %s is not a type", arg)
			good = false
			continue
		case !types.AssignableTo(tv.Type, named):
			c.fail(d.pos, ErrDirective, "//hotso:types: %s is not a %s", arg, named.Obj().Name())
			good = false
			continue
		case types.IsInterface(tv.Type):
			c.fail(d.pos, ErrDirective, "//hotso:types: %s is an interface itself: name its types", arg)
			good = false
			continue
		}
		m := c.wireType(tv.Type, d.pos, named.Obj().Name())
		if m == nil {
			good = false
			continue
		}
		if id := contract.ID(m.schema); ids[id] != "" {
			c.fail(d.pos, ErrName, "//hotso:types: %s and %s have the same hash, or are the same", arg, ids[id])
			good = false
		} else {
			ids[id] = arg
		}
		w.members = append(w.members, m)
	}
	if !good {
		return nil
	}
	return w
}

// isKey reports whether w may be the key of a map, and mean the same on the other side.
func (w *wireType) isKey(seen map[*wireType]bool) bool {
	switch w.kind {
	case wireBasic:
		return w.method != "ByteSlice"
	case wireText, wireBinary:
		return types.Comparable(w.typ)
	case wireArray:
		return w.elem != nil && w.elem.isKey(seen)
	case wireStruct:
		for _, f := range w.fields {
			if !f.typ.isKey(seen) {
				return false
			}
		}
		return true
	}
	return false
}

// reaches reports whether a value of w may contain one of to.
func (w *wireType) reaches(to *wireType, seen map[*wireType]bool) bool {
	if seen[w] {
		return false
	}
	seen[w] = true
	var inside []*wireType
	if w.elem != nil {
		inside = append(inside, w.elem)
	}
	if w.key != nil {
		inside = append(inside, w.key)
	}
	for _, f := range w.fields {
		inside = append(inside, f.typ)
	}
	for _, m := range append(inside, w.members...) {
		if m == to || m.reaches(to, seen) {
			return true
		}
	}
	return false
}

// isNamedTime reports whether t is time.Time.
func isNamedTime(t types.Type) bool { return isNamed(t, "time", "Time") }

// marshals reports whether a type has the methods MarshalX and UnmarshalX of its own. Those of
// an embedded field do not know of the other fields.
func marshals(named *types.Named, what string) bool {
	method := func(name, signature string) bool {
		obj, index, _ := types.LookupFieldOrMethod(types.NewPointer(named), true, named.Obj().Pkg(), name)
		f, ok := obj.(*types.Func)
		if !ok || len(index) != 1 {
			return false
		}
		sig := f.Signature()
		return types.TypeString(types.NewSignatureType(nil, nil, nil, unnamed(sig.Params()), unnamed(sig.Results()), false), nil) == signature
	}
	if types.IsInterface(named) {
		return false
	}
	return method("Marshal"+what, "func() ([]byte, error)") && method("Unmarshal"+what, "func([]byte) error")
}

func unnamed(t *types.Tuple) *types.Tuple {
	var vars []*types.Var
	for v := range t.Variables() {
		typ := v.Type()
		if s, ok := types.Unalias(typ).(*types.Slice); ok && types.Identical(s.Elem(), types.Typ[types.Byte]) {
			typ = types.NewSlice(types.Universe.Lookup("byte").Type())
		}
		vars = append(vars, types.NewVar(token.NoPos, nil, "", typ))
	}
	return types.NewTuple(vars...)
}

// sequenceElement is the first type argument of an iter.Seq or Seq2.
func sequenceElement(t types.Type) string {
	if n, ok := t.(*types.Named); ok && (isNamed(n, "iter", "Seq") || isNamed(n, "iter", "Seq2")) {
		return types.TypeString(n.TypeArgs().At(0), (*types.Package).Name)
	}
	return ""
}

// constants are the exported constants of a type, by name.
func constants(named *types.Named) map[string]string {
	pkg := named.Obj().Pkg()
	if pkg == nil {
		return nil
	}
	values := map[string]string{}
	for _, name := range pkg.Scope().Names() {
		if k, ok := pkg.Scope().Lookup(name).(*types.Const); ok && k.Exported() && types.Identical(k.Type(), named) {
			text := k.Val().ExactString()
			if k.Val().Kind() == constant.String {
				text = constant.StringVal(k.Val())
			}
			values[name] = text
		}
	}
	return values
}
