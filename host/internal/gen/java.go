package gen

import (
	"fmt"
	"strings"

	"github.com/hotso/hotso/cabi/abi"
)

// java writes a class over the package io.github.hotso.
func (l *library) java() []File {
	var b strings.Builder
	class := l.className()
	fmt.Fprintf(&b, `// %s

package %s;

import io.github.hotso.Function;
import io.github.hotso.Lent;
import io.github.hotso.Stream;
import io.github.hotso.Target;
import java.util.Map;

/**
 * The functions of %s, on a library or slot. Any thread may call them. A slot will refuse a version that lacks one of
 * them, or has another signature for it.
 */
@SuppressWarnings({"unchecked", "unused"})
public final class %s {
    private final Target target;
`, generated, javaName(strings.ReplaceAll(snake(class), "_", "")), l.name, class)
	for _, f := range l.plain() {
		if !f.stream() {
			fmt.Fprintf(&b, "    private final Function<%s> %s;\n", f.result.javaBoxed(), f.javaMethod())
		}
	}
	fmt.Fprintf(&b, "\n    public %s(Target target) {\n        this.target = target;\n", class)
	for _, f := range l.plain() {
		if !f.stream() {
			fmt.Fprintf(&b, "        this.%s = target.function(%s.class, %q, %q);\n", f.javaMethod(), f.result.javaBoxed(), f.name, f.signature())
		}
	}
	b.WriteString("    }\n")
	for _, s := range l.structs {
		b.WriteString("\n" + jsDoc(s.doc, "    "))
		fields := make([]string, len(s.fields))
		for i, f := range s.fields {
			fields[i] = f.typ.java() + " " + javaName(lowerFirst(f.name))
		}
		fmt.Fprintf(&b, "    public record %s(%s) {}\n", s.name, strings.Join(fields, ", "))
	}
	for _, f := range l.plain() {
		f.java(&b)
	}
	b.WriteString("}\n")
	return []File{{class + ".java", []byte(b.String())}}
}

func (f *function) java(b *strings.Builder) {
	name, names := f.javaMethod(), f.parameters(func(name string) bool { return javaName(name) != name || name == "args" })
	params, args := make([]string, len(names)), make([]string, len(names))
	var lent []string
	for i, p := range f.params {
		args[i] = names[i]
		params[i] = p.typ.java() + " " + names[i]
		if c := p.typ.callback; c != nil {
			kind := f.name + upperFirst(p.name)
			fmt.Fprintf(b, "\n    /** The parameter %s of %s. */\n    public interface %s {\n        %s call(%s) throws Exception;\n    }\n",
				names[i], name, kind, c.result.java(), c.javaParams())
			params[i] = kind + " " + names[i]
			args[i] += "_"
			lent = append(lent, fmt.Sprintf("var %s = new Lent(%q, args -> %s)", args[i], c.signature(), c.javaCall(names[i])))
		}
	}
	result := f.result.java()
	fmt.Fprintf(b, "\n%s    public %s %s(%s) {\n", jsDoc(f.docAs(name), "    "), result, name, strings.Join(params, ", "))
	indent, end := "        ", ""
	if len(lent) > 0 {
		fmt.Fprintf(b, "        try (%s) {\n", strings.Join(lent, ";\n                "))
		indent, end = "            ", "        }\n"
	}
	call := fmt.Sprintf("%s.call(%s)", name, f.javaArgs(args))
	switch {
	case f.stream():
		call = fmt.Sprintf("target.openStream(%s)", strings.Join(append([]string{fmt.Sprintf("%q", f.name)}, args...), ", "))
		fallthrough
	case f.result != nil:
		call = "return " + call
	}
	fmt.Fprintf(b, "%s%s;\n%s    }\n", indent, call, end)
}

// javaArgs are those of a call, which takes any number of objects: one array alone would be taken for all of them.
func (f *function) javaArgs(args []string) string {
	if len(args) == 1 && f.params[0].typ.Span() {
		return "(Object) " + args[0]
	}
	return strings.Join(args, ", ")
}

func (f *function) javaMethod() string {
	name := javaName(lowerFirst(f.name))
	switch name {
	case "target", "getClass", "notify", "notifyAll", "wait", "hashCode", "toString", "clone", "finalize", "equals":
		name += "_"
	}
	return name
}

func (c *callback) javaParams() string {
	params := make([]string, len(c.params))
	for i, p := range c.params {
		params[i] = fmt.Sprintf("%s p%d", p.typ.javaGiven(), i+1)
	}
	return strings.Join(params, ", ")
}

// javaCall calls a function with what a Callback is given.
func (c *callback) javaCall(name string) string {
	args := make([]string, len(c.params))
	for i, p := range c.params {
		boxed := p.typ.javaBoxed()
		if p.typ.Struct() {
			boxed = "Map<String, Object>"
		}
		args[i] = fmt.Sprintf("(%s) args[%d]", boxed, i)
	}
	call := fmt.Sprintf("%s.call(%s)", name, strings.Join(args, ", "))
	if c.result == nil {
		return "{ " + call + "; return null; }"
	}
	return call
}

// javaGiven is the type of a callback's parameter: a struct is a map of its fields.
func (t *goType) javaGiven() string {
	if t.Struct() {
		return "Map<String, Object>"
	}
	return t.java()
}

func (t *goType) java() string {
	switch {
	case t == nil:
		return "void"
	case t.Type == abi.Stream:
		return "Stream"
	case t.Type == abi.String, t.Type == abi.CString:
		return "String"
	case t.Struct():
		return t.fields.name
	case t.Span():
		return javaElement(t.Type.Elem()) + "[]"
	}
	return javaNumber(t.Type)
}

func (t *goType) javaBoxed() string {
	if t == nil {
		return "Void"
	}
	switch name := t.java(); name {
	case "int":
		return "Integer"
	case "boolean", "byte", "short", "long", "float", "double":
		return upperFirst(name)
	default:
		return name
	}
}

// javaNumber has room for all values of a Go type, but uint64, which is a long with the same bits.
func javaNumber(t abi.Type) string {
	switch t {
	case abi.Bool:
		return "boolean"
	case abi.Int8:
		return "byte"
	case abi.Int16, abi.Uint8:
		return "short"
	case abi.Int32, abi.Uint16:
		return "int"
	case abi.Int64, abi.Uint32, abi.Uint64:
		return "long"
	case abi.Float32:
		return "float"
	}
	return "double"
}

// javaElement has the size of a Go type, and so the same bits.
func javaElement(t abi.Type) string {
	if unsigned, ok := strings.CutPrefix(string(t), "u"); ok {
		return javaNumber(abi.Type(unsigned))
	}
	if t == "byte" {
		return "byte"
	}
	return javaNumber(t)
}

// javaName makes a name one that is not reserved (The Java Language Specification, 3.9).
func javaName(name string) string {
	switch name {
	case "abstract", "assert", "boolean", "break", "byte", "case", "catch", "char", "class", "const", "continue", "default",
		"do", "double", "else", "enum", "extends", "final", "finally", "float", "for", "goto", "if", "implements", "import",
		"instanceof", "int", "interface", "long", "native", "new", "package", "private", "protected", "public", "return",
		"short", "static", "strictfp", "super", "switch", "synchronized", "this", "throw", "throws", "transient", "try",
		"void", "volatile", "while", "_", "true", "false", "null":
		return name + "_"
	}
	return name
}
