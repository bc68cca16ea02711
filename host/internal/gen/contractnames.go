package gen

import (
	"go/types"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// schemaName is the name of a type on all sides: types of the contract's package have their own
// name, others that with their import path.
func (c *contractPackage) schemaName(t types.Type) string {
	switch t := types.Unalias(t).(type) {
	case *types.Basic:
		return types.Typ[t.Kind()].Name() // uint8, not byte
	case *types.Slice:
		return "[]" + c.schemaName(t.Elem())
	case *types.Array:
		return "[" + strconv.FormatInt(t.Len(), 10) + "]" + c.schemaName(t.Elem())
	case *types.Map:
		return "map[" + c.schemaName(t.Key()) + "]" + c.schemaName(t.Elem())
	case *types.Pointer:
		return "*" + c.schemaName(t.Elem())
	case *types.Signature:
		names := func(vars *types.Tuple) (list []string) {
			for v := range vars.Variables() {
				list = append(list, c.schemaName(v.Type()))
			}
			return list
		}
		return "func(" + strings.Join(names(t.Params()), ", ") + ") (" + strings.Join(names(t.Results()), ", ") + ")"
	case *types.Named:
		name := t.Obj().Name()
		if p := t.Obj().Pkg(); p != nil && p != c.types {
			name = p.Path() + "." + name
		}
		for i := range t.TypeArgs().Len() {
			name += map[bool]string{true: "[", false: ","}[i == 0] + c.schemaName(t.TypeArgs().At(i))
		}
		if t.TypeArgs().Len() > 0 {
			name += "]"
		}
		return name
	}
	return types.TypeString(t, (*types.Package).Path)
}

// qualifier is how the generated file calls a package.
func (c *contractPackage) qualifier(p *types.Package) string {
	if p == c.types {
		return ""
	}
	if p.Path() == "context" || p.Path() == "iter" { // which the file has under these names
		return p.Name()
	}
	if name := c.imports[p.Path()]; name != "" {
		return name
	}
	name := p.Name()
	used := slices.Collect(maps.Values(c.imports))
	for c.types.Scope().Lookup(name) != nil || isLocal(name) || writtenNames[name] || usedNames[name] || slices.Contains(used, name) {
		name += "_"
	}
	c.imports[p.Path()] = name
	return name
}

var (
	// writtenNames are what the generated file declares and imports, whatever the contract is.
	writtenNames = set("Export Bind contractClient contractInfo contractErrors contractObjects contractSchema context contract iter")
	// usedNames are what it has of Go.
	usedNames = set("nil true false len make new error any bool byte string int int8 int16 int32 int64 uint uint8 uint16 uint32 uint64 " +
		"float32 float64 complex64 complex128")
	// methodNames and codecNames are those inside of its functions, with a number behind them or not.
	methodNames = set("c call ctx d e err f h impl r v")
	codecNames  = set("at i k n ok outer tag x")
)

func inMethods(name string) bool {
	base := strings.TrimRight(name, "0123456789")
	return methodNames[base] || base == "a" && name != base
}

func isLocal(name string) bool { return inMethods(name) || codecNames[name] }

// checkNames refuses names that mean something else in the generated file.
func (c *contractPackage) checkNames() {
	for _, name := range c.types.Scope().Names() {
		o := c.types.Scope().Lookup(name)
		t, isType := o.(*types.TypeName)
		switch {
		case writtenNames[name]:
			c.fail(o.Pos(), ErrName, "hotso gen writes something named %s: give this another name", name)
		case usedNames[name] || isType && !t.IsAlias() && isLocal(name):
			c.fail(o.Pos(), ErrName, "what hotso gen writes uses the name %s: give this another one", name)
		}
	}
}

// nameParams names the parameters in the generated file as their author did, unless that means
// something else there. All packages and functions have their names by now.
func (c *contractPackage) nameParams() {
	packages := slices.Collect(maps.Values(c.imports))
	for _, m := range c.all() {
		names := map[string]bool{}
		for i := range m.params {
			p := &m.params[i]
			if p.name = p.own; p.name == "" || p.name == "_" {
				p.name = "p" + strconv.Itoa(i+1)
			}
			for names[p.name] || c.taken[p.name] || inMethods(p.name) || writtenNames[p.name] ||
				types.Universe.Lookup(p.name) != nil || slices.Contains(packages, p.name) {
				p.name += "_"
			}
			names[p.name] = true
		}
	}
	for _, p := range c.lent {
		for _, m := range p.methods {
			for i := range m.params {
				m.params[i].name = "a" + strconv.Itoa(i) // the author's may hide the function
			}
		}
	}
}

// codecName is a name that the functions encode<name> and decode<name> can have.
func (c *contractPackage) codecName(name string) string {
	unique := name
	for n := 2; c.taken["encode"+unique] || c.taken["decode"+unique]; n++ {
		unique = name + strconv.Itoa(n)
	}
	c.taken["encode"+unique], c.taken["decode"+unique] = true, true
	return unique
}

// functionName makes a part of a function's name of a type: "map[string]*Line" is MapStringPtrLine.
func functionName(text, own string) string {
	text = strings.ReplaceAll(text, own+".", "")
	text = strings.NewReplacer("map[", "Map ", "[]", "Slice ", "*", "Ptr ", "[", " ", "]", " ", "struct{}", "Empty").Replace(text)
	var b strings.Builder
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '/' && r != '_' }) {
		if i := strings.LastIndexByte(word, '/'); i >= 0 {
			word = word[i+1:]
		}
		b.WriteString(upperFirst(word))
	}
	return b.String()
}
