package gen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hotso/hotso/cabi/abi"
)

// method writes the method of the client that calls f.
func (l *library) method(b *strings.Builder, f *function) {
	names, handles := l.clientNames(f)
	types, args, assign := []string{"context.Context"}, slices.Clone(names), ":="
	result := "error"
	if f.result != nil {
		result = "(" + f.clientResult() + ", error)"
	}
	var body strings.Builder
	for i, p := range f.params {
		c := p.typ.callback
		if c == nil {
			types = append(types, p.typ.client())
			continue
		}
		types, args[i+1], assign = append(types, c.client()), handles[i], "="
		fmt.Fprintf(&body, "\t%s, release, err := host.%s(%s)\n"+
			"\tif err != nil {\n\t\treturn %s\n\t}\n"+
			"\tdefer release()\n",
			handles[i], c.maker(), c.lent(names[i+1]), f.failed())
	}
	call := "c." + f.field + "(" + strings.Join(args, ", ") + ")"
	if f.result == nil {
		call = "\t_, err " + assign + " " + call + "\n\treturn err\n"
	} else {
		call = "\treturn " + call + "\n"
	}
	head := list("func (c *Client) "+f.name+"(", grouped(names, types), ") "+result+" {")
	fmt.Fprintf(b, "\n%s%s\n%s%s}\n", goComment(f.doc), head, body.String(), call)
}

// clientNames returns the names of the method's parameters, and those of the handles
// of parameters that are functions.
func (l *library) clientNames(f *function) (names, handles []string) {
	names = []string{"ctx"}
	taken := func(name string) bool {
		return name == "c" || slices.Contains(names, name) || f.callbacks() && l.meansOther(name)
	}
	for _, p := range f.params {
		name := p.name
		if name == "" {
			name = p.c
		}
		for taken(name) {
			name += "_"
		}
		names = append(names, name)
	}
	for _, name := range names[1:] {
		for name += "Handle"; taken(name); {
			name += "_"
		}
		handles = append(handles, name)
	}
	return names, handles
}

// meansOther reports whether name already means something else in the body of a
// method that takes functions.
func (l *library) meansOther(name string) bool {
	return bodyNames[name] || slices.ContainsFunc(l.structs, func(s *structType) bool { return s.name == name })
}

var bodyNames = set("host release err nil false")

// failed is what a method of f returns if it could not make the call.
func (f *function) failed() string {
	switch r := f.result; {
	case r == nil:
		return "err"
	case f.cstring, r.Type == abi.String:
		return `"", err`
	case r.Span():
		return "nil, err"
	case r.Struct():
		return r.client() + "{}, err"
	case r.Type == abi.Bool:
		return "false, err"
	}
	return "0, err"
}
