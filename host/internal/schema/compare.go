package schema

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A Change is a difference between two schemas.
type Change struct {
	Path     string `json:"path"` // Greeting.Lines[].Price
	What     string `json:"what"` // int64 became string
	Breaking bool   `json:"breaking"`
}

func (c Change) String() string { return c.Path + ": " + c.What }

// Compare returns what changed from one version of a contract to the next. Breaking is what
// was removed or changed: callers of the old version would lose something.
func Compare(before, after *Schema) []Change {
	c := comparison{a: before, b: after, seen: map[[2]string]bool{}, all: true}
	c.schemas()
	return c.changes
}

// Conflicts returns why a caller that has one schema can't talk to a library that has the
// other. Either may be the older one, so what only one of them has is no reason, except for a
// method that the caller needs.
func Conflicts(caller, library *Schema) []Change {
	c := comparison{a: caller, b: library, seen: map[[2]string]bool{}}
	c.schemas()
	return c.changes
}

// Breaks joins what is breaking, at most a few of it, nil if there is none.
func Breaks(changes []Change) error {
	const shown = 5
	var texts []string
	more := 0
	for _, c := range changes {
		switch {
		case !c.Breaking:
		case len(texts) == shown:
			more++
		default:
			texts = append(texts, c.String())
		}
	}
	switch {
	case len(texts) == 0:
		return nil
	case more > 0:
		return fmt.Errorf("%s; and %d more", strings.Join(texts, "; "), more)
	}
	return fmt.Errorf("%s", strings.Join(texts, "; "))
}

type comparison struct {
	a, b    *Schema
	all     bool // what one of them lacks counts, too
	seen    map[[2]string]bool
	changes []Change
}

func (c *comparison) broke(path, format string, args ...any) {
	c.changes = append(c.changes, Change{path, fmt.Sprintf(format, args...), true})
}

func (c *comparison) added(path, what string) {
	if c.all {
		c.changes = append(c.changes, Change{path, what + " was added", false})
	}
}

func (c *comparison) removed(path, what string) {
	if c.all {
		c.broke(path, "%s was removed", what)
	}
}

func (c *comparison) schemas() {
	if c.a.Contract != c.b.Contract || c.a.Package != c.b.Package {
		c.broke(c.a.Contract, "%s.%s became %s.%s", c.a.Package, c.a.Contract, c.b.Package, c.b.Contract)
		return
	}
	c.methods(c.a.Contract, c.a.Methods, c.b.Methods)
	for _, name := range c.a.Errors {
		if !slices.Contains(c.b.Errors, name) {
			c.removed(name, "the error")
		}
	}
	for _, name := range c.b.Errors {
		if !slices.Contains(c.a.Errors, name) {
			c.added(name, "the error")
		}
	}
	for _, name := range c.a.ErrorTypes {
		if slices.Contains(c.b.ErrorTypes, name) {
			c.types(strings.TrimPrefix(name, "*"), strings.TrimPrefix(name, "*"), strings.TrimPrefix(name, "*"))
		} else {
			c.removed(name, "the error type")
		}
	}
	for _, name := range c.b.ErrorTypes {
		if !slices.Contains(c.a.ErrorTypes, name) {
			c.added(name, "the error type")
		}
	}
}

// methods compares those of an interface.
func (c *comparison) methods(iface string, a, b []Method) {
	for i := range a {
		old := &a[i]
		path := iface + "." + old.Name
		switch m := methodOf(b, old.Name); {
		case m != nil:
			c.method(path, old, m)
		case c.all:
			c.broke(path, "the method was removed")
		case old.Since == 0:
			c.broke(path, "the library has no such method (//hotso:since marks those that it may lack)")
		}
	}
	for i := range b {
		if methodOf(a, b[i].Name) == nil {
			c.added(iface+"."+b[i].Name, "the method")
		}
	}
}

// objects compares two kinds of objects.
func (c *comparison) objects(x, y Shape) {
	if x.Name != y.Name { // the functions of a library have their names
		c.broke(x.Name, "it became %s", y.Name)
		return
	}
	switch {
	case x.Type.Moves && !y.Type.Moves:
		c.broke(x.Name, "it does not move any more")
	case y.Type.Moves && !x.Type.Moves:
		c.added(x.Name, "//hotso:moves")
	}
	c.methods(x.Name, x.Type.Methods, y.Type.Methods)
}

// callbacks compares two interfaces of the caller's. Who calls what the other side lacks gets
// ErrNotOffered.
func (c *comparison) callbacks(x, y Shape) {
	for i := range x.Type.Methods {
		if m := methodOf(y.Type.Methods, x.Type.Methods[i].Name); m != nil {
			c.method(x.Name+"."+m.Name, &x.Type.Methods[i], m)
		} else {
			c.removed(x.Name+"."+x.Type.Methods[i].Name, "the method")
		}
	}
	for _, m := range y.Type.Methods {
		if methodOf(x.Type.Methods, m.Name) == nil {
			c.added(x.Name+"."+m.Name, "the method")
		}
	}
}

func methodOf(list []Method, name string) *Method {
	for i := range list {
		if list[i].Name == name {
			return &list[i]
		}
	}
	return nil
}

func (c *comparison) method(path string, a, b *Method) {
	if len(a.Params) != len(b.Params) {
		c.broke(path, "%d parameters became %d", len(a.Params), len(b.Params))
	} else {
		for i, p := range a.Params {
			name := p.Name
			if name == "" || name == "_" {
				name = fmt.Sprintf("parameter %d", i+1)
			}
			c.types(path+"("+name+")", p.Type, b.Params[i].Type)
		}
	}
	if len(a.Results) != len(b.Results) {
		c.broke(path, "%d results became %d", len(a.Results), len(b.Results))
	} else {
		for i, r := range a.Results {
			c.types(path+" result", r, b.Results[i])
		}
	}
	if a.Error != b.Error {
		c.broke(path, "its error was %s", map[bool]string{true: "removed", false: "added"}[a.Error])
	}
	switch {
	case (a.Stream == "") != (b.Stream == ""):
		c.broke(path, "its sequence was %s", map[bool]string{true: "added", false: "removed"}[a.Stream == ""])
	case a.Stream != "":
		c.types(path+" element", a.Stream, b.Stream)
	}
}

// types compares two types by what they are, whatever they are called.
func (c *comparison) types(path, a, b string) {
	if c.seen[[2]string{a, b}] {
		return
	}
	c.seen[[2]string{a, b}] = true
	x, y := c.a.under(a), c.b.under(b)
	if x.Kind != y.Kind || x.Len != y.Len {
		c.broke(path, "%s became %s", a, b)
		return
	}
	c.values(a, b)
	switch x.Kind {
	case Slice, Array:
		c.types(path+"[]", x.Elem, y.Elem)
	case Pointer:
		c.types(path, x.Elem, y.Elem)
	case Map:
		c.types(path+"[key]", x.Key, y.Key)
		c.types(path+"[]", x.Elem, y.Elem)
	case Struct:
		c.fields(x, y)
	case Union:
		c.members(x, y)
	case Object:
		c.objects(x, y)
	case Sequence:
		c.types(path+"[]", x.Elem, y.Elem)
	case Func:
		c.method(path, &x.Type.Methods[0], &y.Type.Methods[0])
	case Callback:
		c.callbacks(x, y)
	}
}

// values compares the constants of two types.
func (c *comparison) values(a, b string) {
	x, y := c.a.Types[a], c.b.Types[b]
	if x == nil || y == nil {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(x.Values)) {
		switch now, ok := y.Values[name]; {
		case !ok:
			c.removed(name, "the constant of type "+a)
		case now != x.Values[name]:
			c.broke(name, "%s became %s", x.Values[name], now)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(y.Values)) {
		if _, ok := x.Values[name]; !ok {
			c.added(name, "the constant of type "+b)
		}
	}
}

func (c *comparison) fields(x, y Shape) {
	find := func(t *Type, wire string) *Field {
		for i := range t.Fields {
			if t.Fields[i].WireName() == wire {
				return &t.Fields[i]
			}
		}
		return nil
	}
	for i := range x.Type.Fields {
		f := &x.Type.Fields[i]
		if g := find(y.Type, f.WireName()); g != nil {
			c.types(x.Name+"."+f.Name, f.Type, g.Type)
		} else {
			c.removed(x.Name+"."+f.Name, "the field")
		}
	}
	for i := range y.Type.Fields {
		if f := &y.Type.Fields[i]; find(x.Type, f.WireName()) == nil {
			c.added(y.Name+"."+f.Name, "the field")
		}
	}
}

func (c *comparison) members(x, y Shape) {
	for _, m := range x.Type.Of {
		if slices.Contains(y.Type.Of, m) {
			c.types(x.Name+"("+m+")", m, m)
		} else {
			c.removed(x.Name, "the type "+m)
		}
	}
	for _, m := range y.Type.Of {
		if !slices.Contains(x.Type.Of, m) {
			c.added(y.Name, "the type "+m)
		}
	}
}
