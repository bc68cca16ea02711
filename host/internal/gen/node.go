package gen

import (
	"fmt"
	"strings"

	"github.com/hotso/hotso/cabi/abi"
)

// node writes a module over the package hotso of Node, and its types.
func (l *library) node() []File {
	return []File{{l.name + ".mjs", []byte(l.nodeCode())}, {l.name + ".d.mts", []byte(l.nodeTypes())}}
}

func (l *library) nodeCode() string {
	var b strings.Builder
	fmt.Fprintf(&b, "// %s\n\n/** The functions of %s. See the types. */\nexport class %s {\n", generated, l.name, l.className())
	b.WriteString("  #target;\n")
	for _, f := range l.plain() {
		if f.callbacks() {
			fmt.Fprintf(&b, "  #%s;\n", f.nodeName())
		}
	}
	b.WriteString("\n  constructor(target) {\n    this.#target = target;\n")
	for _, f := range l.plain() {
		if !f.stream() {
			private := map[bool]string{true: "#"}[f.callbacks()]
			fmt.Fprintf(&b, "    this.%s%s = target.function('%s', '%s');\n", private, f.nodeName(), f.name, f.signature())
		}
	}
	b.WriteString("  }\n")
	for _, f := range l.plain() {
		if f.stream() || f.callbacks() {
			f.nodeMethod(&b)
		}
	}
	b.WriteString("}\n")
	return b.String()
}

// nodeMethod writes what is more than a prepared function.
func (f *function) nodeMethod(b *strings.Builder) {
	names := f.parameters(jsReserved)
	fmt.Fprintf(b, "\n  async %s(%s) {\n", f.nodeName(), strings.Join(names, ", "))
	args := strings.Join(names, ", ")
	if f.callbacks() {
		b.WriteString("    const lent = [];\n    try {\n")
		count := 0
		for i, p := range f.params {
			if c := p.typ.callback; c != nil {
				fmt.Fprintf(b, "      lent.push(this.#target.lend(%s, '%s'));\n", names[i], c.signature())
				names[i] = fmt.Sprintf("lent[%d].word", count)
				count++
			}
		}
		args = strings.Join(names, ", ")
	}
	call := fmt.Sprintf("await this.#%s.callAsync(%s)", f.nodeName(), args)
	if f.stream() {
		call = fmt.Sprintf("await this.#target.openStream('%s', [%s])", f.name, args)
	}
	if f.callbacks() {
		fmt.Fprintf(b, "      return %s;\n    } finally {\n      for (const f of lent) f.release();\n    }\n  }\n", call)
	} else {
		fmt.Fprintf(b, "    return %s;\n  }\n", call)
	}
}

func (l *library) nodeTypes() string {
	var b strings.Builder
	fmt.Fprintf(&b, "// %s\n\nimport type { HotFunction, Stream, Target } from 'hotso';\n", generated)
	for _, s := range l.structs {
		fmt.Fprintf(&b, "\n%sexport interface %s {\n", jsDoc(s.doc, ""), s.name)
		for _, f := range s.fields {
			fmt.Fprintf(&b, "  %s: %s;\n", f.name, f.typ.typescript())
		}
		b.WriteString("}\n")
	}
	fmt.Fprintf(&b, `
/**
 * The functions of %s, on a library or slot. A slot will refuse a version that lacks one of them, or has another
 * signature for it.
 */
export class %s {
  constructor(target: Target);
`, l.name, l.className())
	for _, f := range l.plain() {
		names := f.parameters(jsReserved)
		params := make([]string, len(names))
		for i, p := range f.params {
			params[i] = names[i] + ": " + p.typ.typescriptArgument()
		}
		list, result := strings.Join(params, ", "), f.result.typescript()
		b.WriteString("\n" + jsDoc(f.docAs(f.nodeName()), "  "))
		if f.stream() || f.callbacks() {
			fmt.Fprintf(&b, "  %s(%s): Promise<%s>;\n", f.nodeName(), list, result)
		} else {
			fmt.Fprintf(&b, "  readonly %s: HotFunction<[%s], %s>;\n", f.nodeName(), list, result)
		}
	}
	b.WriteString("}\n")
	return b.String()
}

// nodeName is the name of the method: greetName.
func (f *function) nodeName() string {
	name := lowerFirst(f.name)
	if name == "constructor" {
		name += "_"
	}
	return name
}

func (t *goType) typescriptArgument() string {
	switch {
	case t.callback != nil:
		params := make([]string, len(t.callback.params))
		for i, p := range t.callback.params {
			params[i] = fmt.Sprintf("p%d: %s", i+1, p.typ.typescript())
		}
		return fmt.Sprintf("(%s) => %s", strings.Join(params, ", "), t.callback.result.typescript())
	case t.Type == abi.Bytes:
		return "Uint8Array"
	case t.Span() && t.Type != abi.String:
		return t.typescript() + " | Iterable<" + typescriptNumber(t.Type.Elem()) + ">"
	}
	return t.typescript()
}

func (t *goType) typescript() string {
	switch {
	case t == nil:
		return "void"
	case t.Type == abi.Stream:
		return "Stream"
	case t.Type == abi.String, t.Type == abi.CString:
		return "string"
	case t.Type == abi.Bytes:
		return "Uint8Array"
	case t.Struct():
		return t.fields.name
	case t.Span():
		elem := string(t.Type.Elem())
		if strings.HasSuffix(elem, "int64") {
			return "Big" + upperFirst(elem) + "Array"
		}
		return upperFirst(elem) + "Array"
	}
	return typescriptNumber(t.Type)
}

func typescriptNumber(t abi.Type) string {
	switch {
	case t == abi.Bool:
		return "boolean"
	case t == abi.Int64, t == abi.Uint64:
		return "bigint"
	}
	return "number"
}

func jsDoc(doc, indent string) string {
	if doc == "" {
		return ""
	}
	doc = strings.ReplaceAll(doc, "*/", "* /")
	lines := strings.Split(doc, "\n")
	if len(lines) == 1 {
		return indent + "/** " + doc + " */\n"
	}
	var b strings.Builder
	b.WriteString(indent + "/**\n")
	for _, line := range lines {
		b.WriteString(strings.TrimRight(indent+" * "+line, " ") + "\n")
	}
	b.WriteString(indent + " */\n")
	return b.String()
}

// jsReserved reports whether a name can't be that of a parameter in JavaScript (ECMAScript, "ReservedWord", in a
// module).
func jsReserved(name string) bool {
	switch name {
	case "arguments", "await", "break", "case", "catch", "class", "const", "continue", "debugger", "default", "delete",
		"do", "else", "enum", "eval", "export", "extends", "false", "finally", "for", "function", "if", "implements",
		"import", "in", "instanceof", "interface", "let", "new", "null", "package", "private", "protected", "public",
		"return", "static", "super", "switch", "this", "throw", "true", "try", "typeof", "var", "void", "while", "with",
		"yield", "lent", "lend":
		return true
	}
	return false
}
