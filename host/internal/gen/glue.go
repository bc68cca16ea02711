package gen

import (
	"fmt"
	"go/format"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/hotso/hotso/cabi/abi"
)

// cTypes are the scalars, as C writes them.
var cTypes = map[abi.Type]string{
	abi.Stream: "uint64_t",
	abi.Bool:   "bool", abi.Float32: "float", abi.Float64: "double",
	abi.Int8: "int8_t", abi.Int16: "int16_t", abi.Int32: "int32_t", abi.Int64: "int64_t",
	abi.Uint8: "uint8_t", abi.Uint16: "uint16_t", abi.Uint32: "uint32_t", abi.Uint64: "uint64_t",
}

// element is what the pointer of a span points to. For constant it is one of cabi.h's
// names for const types, because cgo has no const.
func element(t abi.Type, constant bool) string {
	switch {
	case t == abi.String && constant:
		return "hotso_cchar"
	case t == abi.String:
		return "char"
	case t == abi.Bytes && constant:
		return "hotso_cbyte"
	case constant:
		return "hotso_c" + strings.TrimSuffix(cTypes[t.Elem()], "_t")
	}
	return cTypes[t.Elem()]
}

// A cParam is one parameter of the C function.
type cParam struct{ typ, name string } // "size_t", "n" or "double *", "xs"

// cParams returns the prototype of f.
func (l *library) cParams(f *function) (params []cParam, result string) {
	for _, p := range f.params {
		switch {
		case p.typ.Span():
			params = append(params, cParam{element(p.typ.Type, true) + " *", p.c}, cParam{"size_t", p.c + "_len"})
		case p.typ.Struct():
			params = append(params, cParam{l.prefix() + "c" + p.typ.fields.name + " *", p.c})
		default:
			params = append(params, cParam{cTypes[p.typ.Type], p.c})
		}
	}
	switch r := f.result; {
	case f.cstring:
		return params, "char *"
	case r == nil && !f.err:
		return params, "void"
	case !f.status():
		return params, cTypes[r.Type]
	case r == nil:
	case r.Span():
		params = append(params, cParam{element(r.Type, false) + " *", "out"}, cParam{"size_t", "out_cap"}, cParam{"size_t *", "out_len"})
	case r.Struct():
		params = append(params, cParam{l.prefix() + r.fields.name + " *", "result"})
	default:
		params = append(params, cParam{cTypes[r.Type] + " *", "result"})
	}
	return params, "hotso_status"
}

// cgoType writes a C type as cgo does: "double *" is *C.double.
func cgoType(c string) string {
	if elem, ok := strings.CutSuffix(c, " *"); ok {
		return "*C." + elem
	}
	return "C." + c
}

// glue writes the exports.
func (l *library) glue() ([]byte, error) {
	var body strings.Builder
	if len(l.structs) > 0 {
		body.WriteString("\n// A struct that C and Go do not lay out alike does not compile.\nvar (\n")
		for _, s := range l.structs {
			fmt.Fprintf(&body, "\t_ [C.sizeof_%s%s]byte = [unsafe.Sizeof(%s{})]byte{}\n", l.prefix(), s.name, s.spelled)
		}
		body.WriteString(")\n")
	}
	l.writeServed(&body)
	for _, f := range l.functions {
		l.writeExport(&body, f)
	}
	l.adapters(&body, errorOnlyAdapter)
	text := body.String()

	var b strings.Builder
	fmt.Fprintf(&b, "// %s\n\npackage main\n\n// #cgo CFLAGS: %s\n// #include %q\n%simport \"C\"\n\nimport (\n",
		generated, l.cgoFlags(), l.name+".h", l.statuses())
	std := ""
	for _, name := range []string{"context", "iter", "unsafe"} {
		if name == "unsafe" && strings.Contains(text, "unsafe.") || name != "unsafe" && len(l.served) > 0 && strings.Contains(text, name+".") {
			std += "\t\"" + name + "\"\n"
		}
	}
	if std != "" {
		b.WriteString(std + "\n")
	}
	b.WriteString("\t\"github.com/hotso/hotso/cabi\"\n")
	if len(l.served) > 0 {
		b.WriteString("\t\"" + contractPath + "\"\n")
	}
	for _, i := range l.imports {
		if regexp.MustCompile(`\b` + regexp.QuoteMeta(i.name) + `\.`).MatchString(text) {
			fmt.Fprintf(&b, "\t%s\n", i)
		}
	}
	b.WriteString(")\n")
	return format.Source([]byte(b.String() + text))
}

// statuses names the exports that return a status, for a forked child (cabi/forked.c).
func (l *library) statuses() string {
	var b strings.Builder
	for _, f := range l.functions {
		if f.status() {
			fmt.Fprintf(&b, "// HOTSO_RETURNS_STATUS(%s);\n", f.name)
		}
	}
	if b.Len() == 0 {
		return ""
	}
	return "// #ifdef __ELF__\n" + b.String() + "// #endif\n"
}

// cgoFlags makes the compiler find the header and cabi.h, wherever the module is.
func (l *library) cgoFlags() string {
	flags := "-I${SRCDIR}/" + l.headerDir
	if l.cabiDir == "" {
		return flags
	}
	if rel, err := filepath.Rel(l.dir, l.cabiDir); err == nil && filepath.ToSlash(rel) != l.headerDir {
		flags += " -I${SRCDIR}/" + filepath.ToSlash(rel)
	}
	return flags
}

// writeExport writes one export: it converts, calls, and converts back.
func (l *library) writeExport(b *strings.Builder, f *function) {
	b.WriteString("\n")
	if f.declared() {
		fmt.Fprintf(b, "//hotso:signature %s\n", f.signature())
	}
	params, result := l.cParams(f)
	var names, typs []string
	for _, p := range params {
		names, typs = append(names, p.name), append(typs, cgoType(p.typ))
	}
	end := ") {"
	switch {
	case f.status():
		end = ") (answer " + cgoType(result) + ") {"
	case result != "void":
		end = ") " + cgoType(result) + " {"
	}
	fmt.Fprintf(b, "//export %s\n%s\n%s\n}\n", f.name, list("func "+f.name+"(", grouped(names, typs), end), f.body(result))
}

// What an export defers, without and with a status.
const (
	recovers       = "defer cabi.Recover()\n"
	recoversStatus = "defer cabi.RecoverStatus(&answer)\n"
)

// body is the code of an export.
func (f *function) body(result string) string {
	call := list(f.call+"(", f.arguments(), ")")
	r := f.result
	switch {
	case f.method != nil:
		return recoversStatus + f.serve()
	case f.cstring:
		if r.named {
			call = "string(" + call + ")"
		}
		return recovers + "return (*C.char)(cabi.CString(" + call + "))"
	case r == nil && !f.err:
		return recovers + call
	case !f.status():
		return recovers + "return C." + result + "(" + call + ")"
	}
	return recoversStatus + f.statusBody(call)
}

// statusBody is the code of an export with a status: it passes the function's result
// and error to one of cabi's helpers.
func (f *function) statusBody(call string) string {
	r := f.result
	if r == nil {
		return "return C.hotso_status(cabi.Status(" + call + "))"
	}
	prepare, helper := "", "cabi.Store((*"+r.spelled+")(result), "
	converted := func(value string) string { return value }
	takesBoth, failing := false, f.err // the helper takes only the call's results; the call returns an error
	switch {
	case r.Type == abi.Stream:
		if !f.err {
			call += ", nil"
		}
		call, helper, failing = "cabi."+streams[r.spelled]+"("+call+")", "cabi.Store((*uint64)(result), ", true
	case r.Struct():
		helper = "cabi.Store((*" + r.spelled + ")(unsafe.Pointer(result)), "
	case r.Span():
		prepare = "buffer := cabi.Out(unsafe.Pointer(out), uintptr(out_cap), unsafe.Pointer(out_len))\n"
		switch {
		case r.Type == abi.String && r.named:
			helper = "buffer.Text("
			converted = func(value string) string { return "string(" + value + ")" }
		case r.Type == abi.String:
			helper, takesBoth = "buffer.Text(", true
		case r.Type == abi.Bytes:
			helper, takesBoth = "buffer.Data(", true
		default:
			helper = "cabi.Slice(buffer, "
		}
	}
	results := call
	switch {
	case !failing:
		results = converted(call) + ", nil"
	case !takesBoth:
		prepare += "got, err := " + call + "\n"
		results = converted("got") + ", err"
	}
	return prepare + "return C.hotso_status(" + helper + results + "))"
}

// arguments converts the parameters of the export to those of the function.
func (f *function) arguments() (args []string) {
	for _, p := range f.params {
		t, arg := p.typ, ""
		switch {
		case t.callback != nil:
			arg = t.callback.glue(p.c)
		case t.Struct():
			arg = "*(*" + t.spelled + ")(unsafe.Pointer(" + p.c + "))"
		case t.Type == abi.String:
			arg = "cabi.String(unsafe.Pointer(" + p.c + "), uintptr(" + p.c + "_len))"
		case t.Span():
			arg = "unsafe.Slice((*" + t.elem + ")(" + p.c + "), " + p.c + "_len)"
		default:
			arg = t.spelled + "(" + p.c + ")"
		}
		if t.named && t.Span() {
			arg = t.spelled + "(" + arg + ")"
		}
		args = append(args, arg)
	}
	return args
}
