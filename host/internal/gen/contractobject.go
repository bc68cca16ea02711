package gen

import (
	"fmt"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// A contractObject is an interface of the contract's package whose implementations stay where
// they were made: methods return them.
type contractObject struct {
	name    string
	at      token.Pos
	moves   bool   // to the next version
	client  string // the type that implements it for callers
	methods []*contractMethod
}

// object returns the objects that t stands for, nil if it is another type.
func (c *contractPackage) object(t types.Type) *contractObject {
	named, ok := types.Unalias(t).(*types.Named)
	if !ok || named.Obj().Pkg() != c.types || named.Obj().Name() == c.name || named.TypeParams().Len() > 0 {
		return nil
	}
	iface, ok := named.Underlying().(*types.Interface)
	if !ok || !iface.IsMethodSet() || iface.NumMethods() == 0 || c.hasDirective(named.Obj(), "types") {
		return nil
	}
	name := named.Obj().Name()
	if o := c.objectNamed(name); o != nil {
		return o
	}
	o := &contractObject{name: name, at: named.Obj().Pos(), moves: c.hasDirective(named.Obj(), "moves"), client: c.free("object" + name)}
	if !isExported(name) {
		c.fail(o.at, ErrName, "%s is a part of names in C: begin it with a capital ASCII letter", name)
	}
	c.objects = append(c.objects, o)
	c.objectMethods(o, iface)
	return o
}

// objectNamed returns the objects of that name, nil if no method returns any.
func (c *contractPackage) objectNamed(name string) *contractObject {
	for _, o := range c.objects {
		if o.name == name {
			return o
		}
	}
	return nil
}

// findMoves looks for types that are said to move, and don't.
func (c *contractPackage) findMoves() {
	for _, name := range c.types.Scope().Names() {
		o, ok := c.types.Scope().Lookup(name).(*types.TypeName)
		if ok && c.hasDirective(o, "moves") && c.objectNamed(name) == nil {
			c.fail(o.Pos(), ErrDirective, "//hotso:moves belongs above an interface that a method of the contract returns, and none returns %s", name)
		}
	}
}

// objectMethods takes the methods of an object apart, and adds those that hotso calls.
func (c *contractPackage) objectMethods(o *contractObject, iface *types.Interface) {
	var terms map[string]terms
	for _, file := range c.files {
		for spec := range typesIn(file) {
			if spec.Name.Name == o.name {
				terms = c.termsOf(spec)
			}
		}
	}
	for i := range iface.NumMethods() {
		m := c.method(iface.Method(i), terms)
		m.object = o
		m.closes = m.name == "Close" && len(m.params)+len(m.results) == 0 && m.stream == nil
		o.methods = append(o.methods, m)
	}
	sortMethods(o.methods)
}

// control are the functions of an object that no client calls by itself.
func (o *contractObject) control() []*contractMethod {
	methods := []*contractMethod{{name: "free", object: o, control: true}}
	if o.moves {
		methods = append(methods,
			&contractMethod{name: "restore", object: o, control: true, makes: o},
			&contractMethod{name: "save", object: o, control: true})
	}
	return methods
}

// all are the methods of the contract and of its objects, in the order of contract.Info.
func (c *contractPackage) all() []*contractMethod {
	list := slices.Clone(c.methods)
	for _, o := range c.objects {
		list = append(append(list, o.methods...), o.control()...)
	}
	return list
}

// implementation is the interface that a library implements.
func (c *contractPackage) implementation() string {
	if slices.ContainsFunc(c.objects, func(o *contractObject) bool { return o.moves }) {
		return c.name + "Server"
	}
	return c.name
}

// writeServer writes the interface that a library implements whose objects move.
func (c *contractPackage) writeServer(b *strings.Builder) {
	name := c.implementation()
	if name == c.name {
		return
	}
	fmt.Fprintf(b, "\n// A %s is what a library exports: a %s that can restore objects.\ntype %[1]s interface {\n\t%s\n", name, c.name, c.name)
	for _, o := range c.objects {
		if o.moves {
			fmt.Fprintf(b, "\n\t// Restore%[1]s returns a %[1]s that was in another version, of what its MarshalBinary wrote there.\n"+
				"\tRestore%[1]s(saved []byte) (%[1]s, error)\n", o.name)
		}
	}
	b.WriteString("}\n")
}

// writeKinds writes what contract.Info says of the objects.
func (c *contractPackage) writeKinds(b *strings.Builder) {
	if len(c.objects) == 0 {
		return
	}
	b.WriteString("Kinds: []contract.Kind{\n")
	all := c.all()
	for _, o := range c.objects {
		index := func(name string) int {
			return slices.IndexFunc(all, func(m *contractMethod) bool { return m.object == o && m.control && m.name == name })
		}
		fmt.Fprintf(b, "{Name: %q, Free: %d", o.name, index("free"))
		if o.moves {
			fmt.Fprintf(b, ", Save: %d, Restore: %d", index("save"), index("restore"))
		}
		b.WriteString("},\n")
	}
	b.WriteString("},\n")
}

// writeObjects writes where the objects are, and what callers have of them.
func (c *contractPackage) writeObjects(b *strings.Builder) {
	if len(c.objects) > 0 {
		b.WriteString("\nvar contractObjects = contract.NewObjects()\n")
	}
	for _, o := range c.objects {
		fmt.Fprintf(b, "\ntype %s struct{ o *contract.Object }\n", o.client)
	}
}

// serves is the element of the contract's table for a method.
func (m *contractMethod) serves(c *contractPackage) string {
	switch {
	case m.control && m.name == "free":
		return fmt.Sprintf("contract.Free[%s](contractObjects)", c.implementation())
	case m.control && m.name == "save":
		return fmt.Sprintf("contract.Save[%s](contractObjects)", c.implementation())
	case m.control:
		return fmt.Sprintf("contract.Restore(contractObjects, %s.Restore%s)", c.implementation(), m.object.name)
	case m.stream != nil:
		return "{Open: " + m.serve + "}"
	}
	return "{Call: " + m.serve + "}"
}

// qualified is the name of a method within its contract.
func (m *contractMethod) qualified() string {
	if m.object != nil {
		return m.object.name + "." + m.name
	}
	return m.name
}

// function is the name under which a library exports the method.
func (c *contractPackage) function(m *contractMethod) string {
	if m.object != nil {
		return m.object.name + "_" + m.name
	}
	return c.name + "_" + m.name
}

// misplaced says why an interface is no value.
func misplaced(o *contractObject) string {
	return fmt.Sprintf("%s has methods, so it stays where it was made: return it as a result of a method, one at a time; "+
		"if it is data, name the types that it may hold in a line //hotso:types A B above it", o.name)
}
