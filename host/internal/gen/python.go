package gen

import (
	"fmt"
	"strings"

	"github.com/hotso/hotso/cabi/abi"
)

// python writes a client over the package hotso of Python.
func (l *library) python() []File {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\"\"\"Calls the library %s, through the package hotso.\"\"\"\n\n", generated, l.name)
	if len(l.structs) > 0 {
		b.WriteString("import array\nimport ctypes\n")
	} else {
		b.WriteString("import array\n")
	}
	b.WriteString("from typing import Callable, Iterable, Union\n\nimport hotso\n")
	for _, s := range l.structs {
		fmt.Fprintf(&b, "\n\nclass %s(ctypes.Structure):\n%s    _fields_ = [\n", s.name, docstring(s.doc, "    "))
		for _, f := range s.fields {
			fmt.Fprintf(&b, "        (%q, %s),\n", f.name, f.typ.ctypes())
		}
		b.WriteString("    ]\n")
	}
	fmt.Fprintf(&b, `

class %s:
    """The functions of %s, on a hotso.Library or hotso.Slot. They may be called on any thread. A slot will refuse a
    version that lacks one of them, or has another signature for it."""

    def __init__(self, target: "Union[hotso.Library, hotso.Slot]") -> None:
        self._target = target
`, l.className(), l.name)
	for _, f := range l.plain() {
		if f.result == nil || f.result.Type != abi.Stream {
			fmt.Fprintf(&b, "        self._%s = target.function(%q, %q)\n", f.name, f.name, f.signature())
		}
	}
	for _, f := range l.plain() {
		f.python(&b)
	}
	return []File{{l.name + ".py", []byte(b.String())}}
}

func (f *function) python(b *strings.Builder) {
	name := snake(f.name)
	for pythonReserved(name) || name == "__init__" {
		name += "_"
	}
	names := f.parameters(func(name string) bool { return pythonReserved(name) || name == "self" })
	fmt.Fprintf(b, "\n    def %s(self", name)
	args := make([]string, len(names))
	var lent []string
	for i, p := range f.params {
		fmt.Fprintf(b, ", %s: %q", names[i], p.typ.pythonArgument())
		args[i] = names[i]
		if c := p.typ.callback; c != nil {
			args[i] += "_"
			lent = append(lent, fmt.Sprintf("hotso.lend(%s, %q) as %s", names[i], c.signature(), args[i]))
		}
	}
	fmt.Fprintf(b, ") -> %q:\n%s", f.result.pythonResult(), docstring(f.docAs(name), "        "))
	indent := "        "
	if len(lent) > 0 {
		fmt.Fprintf(b, "%swith %s:\n", indent, strings.Join(lent, ", "))
		indent += "    "
	}
	call := fmt.Sprintf("self._%s(%s)", f.name, strings.Join(args, ", "))
	switch {
	case f.result == nil:
		fmt.Fprintf(b, "%s%s\n", indent, call)
	case f.result.Type == abi.Stream:
		fmt.Fprintf(b, "%sreturn self._target.open_stream(%s)\n", indent,
			strings.Join(append([]string{fmt.Sprintf("%q", f.name)}, args...), ", "))
	case f.result.Struct():
		fmt.Fprintf(b, "%sreturn %s.from_buffer_copy(%s)\n", indent, f.result.fields.name, call)
	default:
		fmt.Fprintf(b, "%sreturn %s  # type: ignore[no-any-return]\n", indent, call)
	}
}

// ctypes is the type of a field.
func (t *goType) ctypes() string {
	switch {
	case t.Struct():
		return t.fields.name
	case t.Type == abi.Float32:
		return "ctypes.c_float"
	case t.Type == abi.Float64:
		return "ctypes.c_double"
	}
	return "ctypes.c_" + string(t.Type)
}

func (t *goType) pythonArgument() string {
	switch {
	case t.callback != nil:
		params := make([]string, len(t.callback.params))
		for i, p := range t.callback.params {
			params[i] = p.typ.pythonResult()
		}
		return fmt.Sprintf("Callable[[%s], %s]", strings.Join(params, ", "), t.callback.result.pythonResult())
	case t.Type == abi.Bytes:
		return "Union[bytes, bytearray, memoryview]"
	case t.Type == abi.String:
		return "str"
	case t.Span():
		return "Iterable[" + pythonNumber(t.Type.Elem()) + "]"
	}
	return t.pythonResult()
}

func (t *goType) pythonResult() string {
	switch {
	case t == nil:
		return "None"
	case t.Type == abi.Stream:
		return "hotso.Stream"
	case t.Type == abi.String, t.Type == abi.CString:
		return "str"
	case t.Type == abi.Bytes:
		return "bytes"
	case t.Span():
		return "array.array[" + pythonNumber(t.Type.Elem()) + "]"
	case t.Struct():
		return t.fields.name
	}
	return pythonNumber(t.Type)
}

func pythonNumber(t abi.Type) string {
	switch {
	case t == abi.Bool:
		return "bool"
	case t.Float():
		return "float"
	}
	return "int"
}

// docstring is a comment as Python has it, with its line end; "" if there is none.
func docstring(doc, indent string) string {
	if doc == "" {
		return ""
	}
	doc = strings.NewReplacer(`\`, `\\`, `"""`, `\"\"\"`).Replace(doc)
	if strings.HasSuffix(doc, `"`) {
		doc += " "
	}
	lines := strings.Split(doc, "\n")
	for i := 1; i < len(lines); i++ {
		lines[i] = strings.TrimRight(indent+lines[i], " ")
	}
	return indent + `"""` + strings.Join(lines, "\n") + `"""` + "\n"
}

// pythonReserved reports whether a name can't be one in Python, or hides one that the client uses.
func pythonReserved(name string) bool {
	switch name {
	case "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else", "except",
		"finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass",
		"raise", "return", "try", "while", "with", "yield", "hotso", "array", "ctypes":
		return true
	}
	return false
}
