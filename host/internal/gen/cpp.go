package gen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hotso/hotso/cabi/abi"
)

// cpp writes a header over hotso.hpp.
func (l *library) cpp() []File {
	var b strings.Builder
	space := cppName(snake(l.className()))
	guard := "HOTSO_CLIENT_" + strings.ToUpper(space) + "_HPP"
	fmt.Fprintf(&b, "// %s\n// clang-format off\n\n// Calls the library %s, through hotso.hpp.\n#ifndef %s\n#define %s\n\n#include <functional>\n#include <string>\n"+
		"#include <string_view>\n#include <vector>\n\n#include <hotso.hpp>\n", generated, l.name, guard, guard)
	for _, s := range l.structs {
		fmt.Fprintf(&b, "\nnamespace %s {\n%sstruct %s {\n", space, cppDoc(s.doc, ""), s.name)
		for _, f := range s.fields {
			fmt.Fprintf(&b, "    %s %s;\n", f.typ.cpp(), f.name)
		}
		fmt.Fprintf(&b, "};\n} // namespace %s\n\ntemplate <> struct hotso::Struct<%s::%s> {\n    static constexpr const char *type = %q;\n};\n",
			space, space, s.name, s.typ)
	}
	fmt.Fprintf(&b, `
namespace %s {

// The functions of %s, on a library or slot, which must live as long. They may be called from any thread. A slot will
// refuse a version that lacks one of them, or has another signature for it.
class Client {
  public:
    explicit Client(const hotso::Target &target)
        : target_(target)`, space, l.name)
	for _, f := range l.plain() {
		if !f.stream() {
			fmt.Fprintf(&b, ",\n          %s_(target.function<%s>(%q))", f.cppMethod(), cppSignature(f.result, f.params), f.name)
		}
	}
	b.WriteString(" {}\n")
	for _, f := range l.plain() {
		f.cpp(&b)
	}
	b.WriteString("\n  private:\n    const hotso::Target &target_;\n")
	for _, f := range l.plain() {
		if !f.stream() {
			fmt.Fprintf(&b, "    hotso::Function<%s> %s_;\n", cppSignature(f.result, f.params), f.cppMethod())
		}
	}
	fmt.Fprintf(&b, "};\n\n} // namespace %s\n\n#endif\n", space)
	return []File{{l.name + ".hpp", []byte(b.String())}}
}

func (f *function) cpp(b *strings.Builder) {
	names := f.parameters(func(name string) bool { return cppName(name) != name })
	params, args := make([]string, len(names)), make([]string, len(names))
	var lent strings.Builder
	for i, p := range f.params {
		args[i] = names[i]
		switch c := p.typ.callback; {
		case c != nil:
			params[i] = fmt.Sprintf("std::function<%s> %s", cppSignature(c.result, c.params), names[i])
			args[i] += "_"
			fmt.Fprintf(&lent, "        auto %s = hotso::Lent::of<%s>(std::move(%s));\n", args[i], cppSignature(c.result, c.params), names[i])
		case p.typ.Struct(), p.typ.Span() && p.typ.Type != abi.String:
			params[i] = fmt.Sprintf("const %s &%s", p.typ.cpp(), names[i])
		default:
			params[i] = p.typ.cppParameter() + " " + names[i]
		}
	}
	name := f.cppMethod()
	fmt.Fprintf(b, "\n%s    %s %s(%s) const {\n%s", cppDoc(f.docAs(name), "    "), f.result.cpp(), name, strings.Join(params, ", "), lent.String())
	if f.stream() {
		fmt.Fprintf(b, "        return target_.open_stream(%s);\n    }\n", strings.Join(append([]string{fmt.Sprintf("%q", f.name)}, args...), ", "))
		return
	}
	fmt.Fprintf(b, "        return %s_(%s);\n    }\n", name, strings.Join(args, ", "))
}

func (f *function) cppMethod() string { return cppName(snake(f.name)) }

// cppSignature is a function's type, as hotso::Target::function and hotso::Lent take it.
func cppSignature(result *goType, params []param) string {
	types := make([]string, len(params))
	for i, p := range params {
		types[i] = p.typ.cppParameter()
	}
	return result.cpp() + "(" + strings.Join(types, ", ") + ")"
}

func (t *goType) cppParameter() string {
	switch {
	case t.callback != nil:
		return "hotso::Lent"
	case t.Type == abi.String:
		return "std::string_view"
	}
	return t.cpp()
}

func (t *goType) cpp() string {
	switch {
	case t == nil:
		return "void"
	case t.Type == abi.Stream:
		return "hotso::Stream"
	case t.Type == abi.String, t.Type == abi.CString:
		return "std::string"
	case t.Struct():
		return t.fields.name
	case t.Span():
		return "std::vector<" + cppNumber(t.Type.Elem()) + ">"
	}
	return cppNumber(t.Type)
}

func cppNumber(t abi.Type) string {
	switch t {
	case abi.Bool:
		return "bool"
	case abi.Float32:
		return "float"
	case abi.Float64:
		return "double"
	case "byte":
		return "uint8_t"
	}
	return string(t) + "_t"
}

// cppName makes a name one that C++ allows and the client does not use.
func cppName(name string) string {
	switch name {
	case "client", "hotso", "std", "target":
		return name + "_"
	}
	if takenInC(name) || slices.Contains(cppKeywords, name) {
		return name + "_"
	}
	return name
}

// cppKeywords are those of C++20 (ISO C++, 5.11 and 5.5), with those of C.
var cppKeywords = strings.Fields(`alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t
	char32_t class co_await co_return co_yield compl concept const consteval constexpr constinit const_cast continue decltype
	default delete do double dynamic_cast else enum explicit export extern false float for friend goto if inline int long
	mutable namespace new noexcept not not_eq nullptr operator or or_eq private protected public register reinterpret_cast
	requires return short signed sizeof static static_assert static_cast struct switch template this thread_local throw true
	try typedef typeid typename union unsigned using virtual void volatile wchar_t while xor xor_eq`)

// cppDoc is a comment without backslashes at the ends of its lines, which would take in the next line.
func cppDoc(doc, indent string) string {
	lines := strings.Split(doc, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " \\")
	}
	return lineComment(strings.Join(lines, "\n"), indent+"// ")
}
