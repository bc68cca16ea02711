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
	for c.types.Scope().Lookup(name) != nil || reservedInMethods[name] || reservedInCodecs[name] || slices.Contains(used, name) {
		name += "_"
	}
	c.imports[p.Path()] = name
	return name
}

var reservedInCodecs = set("v k x n at ok tag outer")

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
