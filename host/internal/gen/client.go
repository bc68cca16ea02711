package gen

import (
	"fmt"
	"go/format"
	"go/token"
	"path"
	"strings"

	"github.com/hotso/hotso/cabi/abi"
)

// client writes the Go package that hosts import.
func (l *library) client() ([]byte, error) {
	name := path.Base(l.clientDir)
	if !token.IsIdentifier(name) {
		return nil, fmt.Errorf("%w: %s: the client's package is named after its directory, and %q is not a package name", ErrName, l.name, name)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "// %s\n\n// Package %s calls the library %s.\npackage %s\n\nimport (\n", generated, name, l.name, name)
	b.WriteString("\t\"context\"\n\t\"errors\"\n\n\t\"github.com/hotso/hotso/host\"\n)\n")
	for _, s := range l.structs {
		b.WriteString("\n" + goComment(s.doc) + "type " + s.name + " struct {\n")
		for _, f := range s.fields {
			fmt.Fprintf(&b, "\t%s %s\n", f.name, f.typ.client())
		}
		b.WriteString("}\n")
	}

	fmt.Fprintf(&b, "\n// A Client calls the functions of %s, on the library or slot that it was made with.\n"+
		"// Its methods may be called from any goroutine; package host documents their errors.\n", l.name)
	if l.callbacks() {
		b.WriteString("//\n// The library may call a function that it is given on any thread, and on several at a time, until\n" +
			"// the method returns. A call of it that has not ended by then, as after host.ErrHung, goes on.\n" +
			"// A nil function is host.ErrArgument.\n")
	}
	b.WriteString("type Client struct {\n")
	l.nameFields()
	for _, f := range l.plain() {
		types := append([]string{"context.Context"}, f.clientTypes()...)
		fmt.Fprintf(&b, "\t%s func(%s) (%s, error)\n", f.field, strings.Join(types, ", "), f.clientResult())
	}
	fmt.Fprintf(&b, `}

// New binds every function, all with the same options. A slot will refuse a
// version that lacks one of them, or has another signature for it.
func New(c host.Caller, opts ...host.BindOption) (*Client, error) {
	var client Client
	var errs [%d]error
`, len(l.plain()))
	for i, f := range l.plain() {
		kind, types := "Func", f.clientTypes()
		if f.result != nil && f.result.Type == abi.Stream {
			kind = "ReaderFunc"
		} else {
			types = append(types, f.clientResult())
		}
		args := ""
		if len(types) > 0 {
			args = "[" + strings.Join(types, ", ") + "]"
		}
		fmt.Fprintf(&b, "\tclient.%s, errs[%d] = host.%s%d%s(c, %q, opts...)\n",
			f.field, i, kind, len(f.params), args, f.name)
	}
	b.WriteString("\tif err := errors.Join(errs[:]...); err != nil {\n\t\treturn nil, err\n\t}\n\treturn &client, nil\n}\n")
	for _, f := range l.plain() {
		l.method(&b, f)
	}
	l.adapters(&b, withNoneAdapter)
	return format.Source([]byte(b.String()))
}

// client is the type as the client spells it: without the library's names.
func (t *goType) client() string {
	if t.Struct() {
		return t.fields.name
	}
	return string(t.Type) // for a callback that of its handle, a uint64
}

func (f *function) clientTypes() (types []string) {
	for _, p := range f.params {
		types = append(types, p.typ.client())
	}
	return types
}

func (f *function) clientResult() string {
	switch {
	case f.result == nil:
		return "host.None"
	case f.cstring:
		return string(abi.String)
	case f.result.Type == abi.Stream:
		return "*host.Stream"
	}
	return f.result.client()
}

// nameFields names where the client keeps each function.
func (l *library) nameFields() {
	taken := map[string]bool{}
	for _, f := range l.plain() {
		f.field = lowerFirst(f.name)
		taken[f.field] = true
	}
	for _, f := range l.plain() {
		if token.IsKeyword(f.field) {
			for taken[f.field] {
				f.field += "_"
			}
			taken[f.field] = true
		}
	}
}

func goComment(doc string) string { return lineComment(doc, "// ") }

// lineComment is a comment whose lines begin with the mark; "" if there is none.
func lineComment(doc, mark string) string {
	if doc == "" {
		return ""
	}
	var b strings.Builder
	for line := range strings.SplitSeq(doc, "\n") {
		b.WriteString(strings.TrimRight(mark+line, " ") + "\n")
	}
	return b.String()
}
