package gen

import (
	"fmt"
	"strings"

	"github.com/hotso/hotso/cabi/abi"
)

// header writes the C header, as clang-format would with the project's style.
func (l *library) header() []byte {
	var b strings.Builder
	guard := "HOTSO_" + strings.ToUpper(strings.TrimSuffix(l.prefix(), "_")) + "_H"
	fmt.Fprintf(&b, "/*\n * %s.h: the library %s. %s\n *\n * See cabi.h for calls, ownership and threads.\n */\n",
		l.name, l.name, generated)
	fmt.Fprintf(&b, "#ifndef %s\n#define %s\n\n", guard, guard)
	if l.usesBool() {
		b.WriteString("#include <stdbool.h>\n\n")
	}
	b.WriteString("#include \"cabi.h\"\n\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n")
	for _, s := range l.structs {
		l.cStruct(&b, s)
	}
	for _, f := range l.functions {
		comment(&b, f.doc, l.notes(f))
		params, result := l.cParams(f)
		b.WriteString(prototype(f.name, params, result))
	}
	b.WriteString("\n#ifdef __cplusplus\n}\n#endif\n\n#endif\n")
	return []byte(b.String())
}

func (l *library) usesBool() bool {
	for _, s := range l.structs {
		for _, f := range s.fields {
			if f.typ.Type == abi.Bool {
				return true
			}
		}
	}
	for _, f := range l.functions {
		if f.result != nil && f.result.Type == abi.Bool {
			return true
		}
		for _, p := range f.params {
			if p.typ.Type == abi.Bool {
				return true
			}
		}
	}
	return false
}

func (l *library) cStruct(b *strings.Builder, s *structType) {
	name := l.prefix() + s.name
	comment(b, s.doc, nil)
	fmt.Fprintf(b, "typedef struct %s {\n", name)
	for _, f := range s.fields {
		typ := cTypes[f.typ.Type]
		if f.typ.Struct() {
			typ = l.prefix() + f.typ.fields.name
		}
		fmt.Fprintf(b, "    %s %s;\n", typ, f.name)
	}
	fmt.Fprintf(b, "} %s;\ntypedef const %s %sc%s;\n", name, name, l.prefix(), s.name)
}

// notes say who owns what each pointer points to.
func (l *library) notes(f *function) (notes []string) {
	for _, p := range f.params {
		switch t := p.typ; {
		case t.callback != nil:
			notes = append(notes, fmt.Sprintf("%s: the handle of the caller's %s, called during the call only: see CALLBACKS in cabi.h.",
				p.c, t.callback.signature()))
		case t.Type == abi.String, t.Type == abi.Bytes:
			notes = append(notes, fmt.Sprintf("%s: %s_len bytes, the caller's, read during the call only.", p.c, p.c))
		case t.Span():
			notes = append(notes, fmt.Sprintf("%s: %s_len numbers, the caller's, read during the call only.", p.c, p.c))
		case t.Struct():
			notes = append(notes, p.c+": the caller's, read during the call only.")
		}
	}
	switch r := f.result; {
	case f.cstring:
		notes = append(notes, "Returns a string that ends in NUL and that the caller owns and frees with hotso_free; "+
			"NULL after a panic, which hotso_take_status reports.")
	case !f.status() || r == nil:
	case r.Span():
		unit := "bytes"
		if r.Type != abi.String && r.Type != abi.Bytes {
			unit = "numbers"
		}
		notes = append(notes, fmt.Sprintf("out: the caller's, filled with at most out_cap %s; *out_len becomes their number, "+
			"or with HOTSO_TOO_SMALL the number that is needed.", unit))
	case r.Type == abi.Stream:
		notes = append(notes, "result: the caller's; a stream if the status is HOTSO_OK, which the caller reads to its end with "+
			"hotso_stream_read, or closes with hotso_stream_close.")
	default:
		notes = append(notes, "result: the caller's, written if the status is HOTSO_OK.")
	}
	return notes
}

// prototype writes a declaration, broken where it is longer than columns.
func prototype(name string, params []cParam, result string) string {
	const columns = 110
	join := func(typ, name string) string {
		if strings.HasSuffix(typ, "*") {
			return typ + name
		}
		return typ + " " + name
	}
	line := "HOTSO_EXPORT " + join(result, name) + "("
	if len(params) == 0 {
		return line + "void);\n"
	}
	indent, text := strings.Repeat(" ", len(line)), ""
	for i, p := range params {
		word, end := join(p.typ, p.name), ","
		if i == len(params)-1 {
			end = ");"
		}
		switch {
		case i > 0 && len(line)+1+len(word)+len(end) > columns:
			text += line + "\n"
			line = indent
		case i > 0:
			line += " "
		}
		line += word + end
	}
	return text + line + "\n"
}

// comment writes a C comment: the author's words, then the notes.
func comment(b *strings.Builder, doc string, notes []string) {
	const columns = 90
	doc = strings.NewReplacer("*/", "* /", "/*", "/ *").Replace(doc)
	var lines []string
	if doc != "" {
		for line := range strings.SplitSeq(doc, "\n") {
			lines = append(lines, wrap(strings.ReplaceAll(line, "\t", "    "), columns)...)
		}
	}
	if len(lines) > 0 && len(notes) > 0 {
		lines = append(lines, "")
	}
	for _, n := range notes {
		lines = append(lines, wrap(n, columns)...)
	}
	b.WriteString("\n")
	if len(lines) == 0 {
		return
	}
	b.WriteString("/* " + strings.ReplaceAll(strings.Join(lines, "\n * "), " * \n", " *\n") + " */\n")
}

// wrap breaks a line between words.
func wrap(line string, columns int) (lines []string) {
	for len(line) > columns {
		end := strings.LastIndexByte(line[:columns+1], ' ')
		if end <= 0 {
			if end = strings.IndexByte(line[columns:], ' '); end < 0 {
				break
			}
			end += columns
		}
		lines, line = append(lines, line[:end]), line[end+1:]
	}
	return append(lines, line)
}
