package gen

import (
	"fmt"
	"strings"

	"github.com/hotso/hotso/cabi/abi"
)

// rust writes a module over the crate hotso.
func (l *library) rust() []File {
	var b strings.Builder
	fmt.Fprintf(&b, "// %s\n\n//! Calls the library %s, through the crate hotso.\n", generated, l.name)
	if len(l.structs) > 0 {
		b.WriteString("\nhotso::structs! {\n")
		for _, s := range l.structs {
			fmt.Fprintf(&b, "%s    #[derive(Debug, PartialEq)]\n    pub struct %s {", rustDoc(s.doc, "    "), s.name)
			for i, f := range s.fields {
				fmt.Fprintf(&b, "%s %s: %s", map[bool]string{true: ","}[i > 0], f.name, f.typ.rustNumber())
			}
			b.WriteString(" }\n")
		}
		b.WriteString("}\n")
	}
	name := l.className()
	fmt.Fprintf(&b, `
/// The functions of %s. They may be called from any thread. A slot will refuse a version that lacks one of them, or
/// has another signature for it.
pub struct %s<'t> {
    #[allow(dead_code)]
    target: &'t hotso::Target,
`, l.name, name)
	for _, f := range l.plain() {
		if !f.stream() {
			fmt.Fprintf(&b, "    %s: hotso::Function<%s, %s>,\n", rustName(snake(f.name)), f.rustParams(), f.rustResult())
		}
	}
	fmt.Fprintf(&b, `}

impl<'t> %s<'t> {
    /// Prepares all functions.
    pub fn new(target: &'t hotso::Target) -> hotso::Result<Self> {
        Ok(Self {
            target,
`, name)
	for _, f := range l.plain() {
		if !f.stream() {
			fmt.Fprintf(&b, "            %s: target.function(%q)?,\n", rustName(snake(f.name)), f.name)
		}
	}
	b.WriteString("        })\n    }\n")
	for _, f := range l.plain() {
		f.rust(&b)
	}
	b.WriteString("}\n")
	return []File{{l.name + ".rs", []byte(b.String())}}
}

func (f *function) stream() bool { return f.result != nil && f.result.Type == abi.Stream }

func (f *function) rust(b *strings.Builder) {
	name, names := rustName(snake(f.name)), f.parameters(rustReserved)
	fmt.Fprintf(b, "\n%s    pub fn %s(&self", rustDoc(f.docAs(snake(f.name)), "    "), name)
	args := make([]string, len(names))
	for i, p := range f.params {
		fmt.Fprintf(b, ", %s: %s", names[i], p.typ.rustArgument())
		args[i] = names[i]
		if p.typ.callback != nil {
			args[i] += ".word()"
		}
	}
	tuple := "(" + strings.Join(args, ", ") + ")"
	if len(args) == 1 {
		tuple = "(" + args[0] + ",)"
	}
	if f.stream() {
		fmt.Fprintf(b, ") -> hotso::Result<hotso::Stream> {\n        self.target.open_stream::<%s>(%q, %s, Default::default())\n    }\n",
			f.rustParams(), f.name, tuple)
		return
	}
	result, unwrap := f.rustResult(), ""
	if f.result != nil && f.result.Struct() {
		result, unwrap = f.result.fields.name, ".map(|v| v.0)"
	}
	fmt.Fprintf(b, ") -> hotso::Result<%s> {\n        self.%s.call(%s)%s\n    }\n", result, name, tuple, unwrap)
}

// rustParams is the tuple of the parameters' types.
func (f *function) rustParams() string {
	var b strings.Builder
	for _, p := range f.params {
		b.WriteString(p.typ.rust() + ", ")
	}
	if len(f.params) == 1 {
		return "(" + strings.TrimSuffix(b.String(), " ") + ")"
	}
	return "(" + strings.TrimSuffix(b.String(), ", ") + ")"
}

func (f *function) rustResult() string {
	if f.result == nil {
		return "()"
	}
	return f.result.rust()
}

// rust is the type as hotso::Function spells it.
func (t *goType) rust() string {
	switch {
	case t.Type == abi.String, t.Type == abi.CString:
		return "String"
	case t.Struct():
		return "hotso::ByValue<" + t.fields.name + ">"
	case t.Span():
		return "Vec<" + rustScalar(t.Type.Elem()) + ">"
	}
	return rustScalar(t.Type)
}

func (t *goType) rustArgument() string {
	switch {
	case t.callback != nil:
		return "&hotso::Lent"
	case t.Type == abi.String:
		return "&str"
	case t.Struct():
		return "&" + t.fields.name
	case t.Span():
		return "&[" + rustScalar(t.Type.Elem()) + "]"
	}
	return rustScalar(t.Type)
}

// rustNumber is the type of a field.
func (t *goType) rustNumber() string {
	if t.Struct() {
		return t.fields.name
	}
	return rustScalar(t.Type)
}

// rustScalar spells int32 as i32.
func rustScalar(t abi.Type) string {
	s := string(t)
	for _, kind := range [][2]string{{"uint", "u"}, {"int", "i"}, {"float", "f"}, {"byte", "u8"}} {
		if rest, ok := strings.CutPrefix(s, kind[0]); ok {
			return kind[1] + rest
		}
	}
	return s
}

func rustDoc(doc, indent string) string { return lineComment(doc, indent+"/// ") }

func rustName(name string) string {
	for rustReserved(name) || name == "new" || name == "target" {
		name += "_"
	}
	return name
}

// rustReserved are the keywords, strict and reserved (The Rust Reference, "Keywords").
func rustReserved(name string) bool {
	switch name {
	case "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn", "else",
		"enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod",
		"move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super", "trait", "true",
		"try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield":
		return true
	}
	return false
}
